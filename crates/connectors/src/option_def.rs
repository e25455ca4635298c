//! Options as data: declared once, read by validation, by the code that uses them and by the docs.

/// What the text of an option stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Any text.
    Text,
    /// A single character.
    Character,
    /// `10 s`, `1 min`, `PT5S`.
    Duration,
    /// `128 mb`, `1 gb`.
    MemorySize,
    /// Texts separated by `;`.
    List,
    /// One of these.
    Choice(&'static [&'static str]),
}

impl OptionKind {
    /// The name of the kind, for docs and messages.
    pub fn name(self) -> &'static str {
        match self {
            OptionKind::Boolean => "Boolean",
            OptionKind::Integer => "Integer",
            OptionKind::Number => "Number",
            OptionKind::Text => "String",
            OptionKind::Character => "Character",
            OptionKind::Duration => "Duration",
            OptionKind::MemorySize => "MemorySize",
            OptionKind::List => "List",
            OptionKind::Choice(_) => "Enum",
        }
    }
}

/// The declaration of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionDef {
    /// The key. `#` stands for a column name, a final `*` for any rest (`properties.*`).
    pub key: &'static str,
    /// What its text stands for.
    pub kind: OptionKind,
    /// The value when it is absent; without one, absence has a meaning that `doc` tells.
    pub default: Option<&'static str>,
    /// Whether a table must have it.
    pub required: bool,
    /// What it does, on one line.
    pub doc: &'static str,
}

impl OptionDef {
    /// An option that every table must have.
    pub const fn required(key: &'static str, kind: OptionKind, doc: &'static str) -> Self {
        Self { key, kind, default: None, required: true, doc }
    }

    /// An option without a default.
    pub const fn optional(key: &'static str, kind: OptionKind, doc: &'static str) -> Self {
        Self { key, kind, default: None, required: false, doc }
    }

    /// An option with a default.
    pub const fn with_default(key: &'static str, kind: OptionKind, default: &'static str, doc: &'static str) -> Self {
        Self { key, kind, default: Some(default), required: false, doc }
    }

    /// Whether this declares the option of that key.
    pub fn matches(&self, key: &str) -> bool {
        if let Some(prefix) = self.key.strip_suffix('*') {
            return key.len() > prefix.len() && key.starts_with(prefix);
        }
        match self.key.split_once('#') {
            Some((before, after)) => {
                key.len() > before.len() + after.len() && key.starts_with(before) && key.ends_with(after)
            }
            None => self.key == key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_match_their_patterns() {
        let matches = |pattern, key| OptionDef::optional(pattern, OptionKind::Text, "").matches(key);
        assert!(matches("path", "path"));
        assert!(!matches("path", "paths"));
        assert!(matches("properties.*", "properties.group.id"));
        assert!(!matches("properties.*", "properties."));
        assert!(matches("fields.#.min", "fields.a.b.min"));
        assert!(!matches("fields.#.min", "fields.min"));
    }
}
