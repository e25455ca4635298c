//! The older `flink-conf.yaml`: not YAML but lines of `key: value`, by the rules of Flink's own old parser.

use super::yaml::FlatEntry;

/// Entries, and the lines that were not understood with the reason; Flink skips those with a warning.
pub(super) fn parse_lines(text: &str) -> (Vec<FlatEntry>, Vec<(u64, &'static str)>) {
    let (mut entries, mut skipped) = (Vec::new(), Vec::new());
    for (line, content) in (1..).zip(text.lines()) {
        // As in Flink, a '#' begins a comment wherever it stands.
        let content = content.split('#').next().unwrap_or_default().trim();
        if content.is_empty() {
            continue;
        }
        match content.split_once(": ") {
            Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => {
                entries.push(FlatEntry { key: key.trim().to_owned(), text: value.trim().to_owned(), line });
            }
            Some(_) => skipped.push((line, "the key or the value is empty")),
            None => skipped.push((line, "it is not 'key: value' (is the space after ':' missing?)")),
        }
    }
    (entries, skipped)
}

#[cfg(test)]
mod tests {
    use super::parse_lines;

    #[test]
    fn follows_the_old_parsers_rules() {
        let text =
            "# head\n\nrest.port: 8081 # port\nurl: hdfs://a:1/b\n  padded :  x  \nnospace:1\nempty: \n: v\na: b: c\n";
        let (entries, skipped) = parse_lines(text);
        let entries: Vec<_> = entries.iter().map(|e| (e.key.as_str(), e.text.as_str(), e.line)).collect();
        let expected = [("rest.port", "8081", 3), ("url", "hdfs://a:1/b", 4), ("padded", "x", 5), ("a", "b: c", 9)];
        assert_eq!(entries, expected);
        assert_eq!(skipped.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [6, 7, 8]);
    }
}
