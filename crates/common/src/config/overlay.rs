//! What is laid over the config file: `FLINK_PROPERTIES` and `-Dkey=value`.

use std::collections::BTreeMap;

use super::ConfigError;
use super::yaml::FlatEntry;

/// Reads `FLINK_PROPERTIES`: one `key: value` a line. Unlike in the config file a space after the colon is not
/// needed and a `#` only begins a comment at the start of a line or after a space, as with Flink's container image; and as there `$NAME` and
/// `${NAME}` in a value stand for these variables.
pub(super) fn parse_flink_properties(
    text: &str,
    variables: &BTreeMap<String, String>,
) -> (Vec<FlatEntry>, Vec<(u64, &'static str)>) {
    let (mut entries, mut skipped) = (Vec::new(), Vec::new());
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.find(" #").map_or(content, |at| &content[..at]).trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match content.split_once(": ").or_else(|| content.split_once(':')) {
            Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => {
                let text = with_variables(unquote(value.trim()), variables);
                entries.push(FlatEntry { key: key.trim().to_owned(), text, line });
            }
            Some(_) => skipped.push((line, "the key or the value is empty")),
            None => skipped.push((line, "it is not 'key: value'")),
        }
    }
    (entries, skipped)
}

/// A name that is not set stays as it is.
fn with_variables(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        let inner = from[1..].strip_prefix('{').unwrap_or(&from[1..]);
        let length = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let (name, behind) = inner.split_at(length);
        let behind = if from.starts_with("${") { behind.strip_prefix('}') } else { Some(behind) };
        result.push_str(before);
        match (variables.get(name), behind) {
            (Some(value), Some(behind)) => {
                result.push_str(value);
                rest = behind;
            }
            _ => {
                result.push('$');
                rest = &from[1..];
            }
        }
    }
    result + rest
}

/// Splits what follows `-D`: `key=value`, or a key alone, which means `true` as in Flink's CLI.
pub fn parse_dynamic_property(argument: &str) -> Result<(String, String), ConfigError> {
    let (key, value) = argument.split_once('=').unwrap_or((argument, "true"));
    if key.trim().is_empty() {
        return Err(ConfigError::DynamicProperty { argument: argument.to_owned() });
    }
    Ok((key.trim().to_owned(), unquote(value.trim()).to_owned()))
}

/// Takes one pair of surrounding quotes off: people quote values once for the shell and once for YAML.
fn unquote(value: &str) -> &str {
    let inner = |quote| value.strip_prefix(quote).and_then(|v| v.strip_suffix(quote));
    match inner('"').or_else(|| inner('\'')) {
        // '"a";"b"' is a quoted list, not one quoted text.
        Some(inner) if !inner.contains(['"', '\'']) => inner,
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_flink_properties() {
        let text = "\n  jobmanager.rpc.address: jm\n# c\nrest.port:8081\nurl: s3://b/c # x\nbroken\nq: 'v'\n";
        let (entries, skipped) = parse_flink_properties(text, &BTreeMap::new());
        let entries: Vec<_> = entries.iter().map(|e| (e.key.as_str(), e.text.as_str(), e.line)).collect();
        let expected =
            [("jobmanager.rpc.address", "jm", 2), ("rest.port", "8081", 4), ("url", "s3://b/c", 5), ("q", "v", 7)];
        assert_eq!(entries, expected);
        assert_eq!(skipped.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [6]);
    }

    #[test]
    fn reads_dynamic_properties() {
        for (argument, key, value) in [
            ("rest.port=8082", "rest.port", "8082"),
            ("a=b=c", "a", "b=c"),
            ("flag", "flag", "true"),
            ("name='my job'", "name", "my job"),
            ("l='a';'b'", "l", "'a';'b'"),
            ("empty=", "empty", ""),
        ] {
            assert_eq!(parse_dynamic_property(argument).unwrap(), (key.to_owned(), value.to_owned()), "{argument}");
        }
        assert!(parse_dynamic_property("=x").is_err());
    }
}
