//! What the formats call their parts.

/// Whose envelope it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// Debezium: `before`, `after`, `op`.
    Debezium,
    /// Alibaba's Canal: arrays of rows as `data` and `old`, `type`.
    Canal,
    /// Zendesk's Maxwell: `data`, `old`, `type`.
    Maxwell,
    /// Oracle GoldenGate: `before`, `after`, `op_type`.
    Ogg,
}

/// What has become of the rows of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Insert,
    Update,
    Delete,
    /// A statement such as CREATE TABLE, which is no change of a row.
    Definition,
}

/// Where each field that is looked for stands in what [`fields`](Envelope::fields) gives.
pub(super) const OPERATION: usize = 0;
/// The row after the change, or the rows of the change.
pub(super) const NEW: usize = 1;
/// The row before the change, or those of its fields that are no longer so.
pub(super) const OLD: usize = 2;
/// Canal's database and table.
pub(super) const DATABASE: usize = 3;
pub(super) const TABLE: usize = 4;

impl Envelope {
    /// All formats of changes.
    pub(crate) const ALL: [Envelope; 4] = [Envelope::Debezium, Envelope::Canal, Envelope::Maxwell, Envelope::Ogg];

    /// The name of the format.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Envelope::Debezium => "debezium-json",
            Envelope::Canal => "canal-json",
            Envelope::Maxwell => "maxwell-json",
            Envelope::Ogg => "ogg-json",
        }
    }

    /// The fields that are read.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Envelope::Debezium => &["op", "after", "before"],
            Envelope::Canal => &["type", "data", "old", "database", "table"],
            Envelope::Maxwell => &["type", "data", "old"],
            Envelope::Ogg => &["op_type", "after", "before"],
        }
    }

    /// What the field [`OPERATION`] says; none when it says something else.
    pub(super) fn change(self, operation: &[u8]) -> Option<Change> {
        Some(match (self, operation) {
            (Envelope::Debezium, b"c" | b"r") | (Envelope::Ogg, b"I") => Change::Insert,
            (Envelope::Canal, b"INSERT") | (Envelope::Maxwell, b"insert") => Change::Insert,
            (Envelope::Debezium, b"u") | (Envelope::Ogg, b"U") => Change::Update,
            (Envelope::Canal, b"UPDATE") | (Envelope::Maxwell, b"update") => Change::Update,
            (Envelope::Debezium, b"d") | (Envelope::Ogg, b"D") => Change::Delete,
            (Envelope::Canal, b"DELETE") | (Envelope::Maxwell, b"delete") => Change::Delete,
            (Envelope::Canal, b"CREATE") => Change::Definition,
            _ => return None,
        })
    }

    /// Whether [`OLD`] is the whole row, and not only what has changed of it.
    pub(super) fn has_whole_rows(self) -> bool {
        matches!(self, Envelope::Debezium | Envelope::Ogg)
    }

    /// What is written before and behind a row that comes or goes.
    pub(super) fn around(self, goes: bool) -> (&'static str, &'static str) {
        match (self, goes) {
            (Envelope::Debezium, false) => (r#"{"before":null,"after":"#, r#","op":"c"}"#),
            (Envelope::Debezium, true) => (r#"{"before":"#, r#","after":null,"op":"d"}"#),
            (Envelope::Canal, false) => (r#"{"data":["#, r#"],"type":"INSERT"}"#),
            (Envelope::Canal, true) => (r#"{"data":["#, r#"],"type":"DELETE"}"#),
            (Envelope::Maxwell, false) => (r#"{"data":"#, r#","type":"insert"}"#),
            (Envelope::Maxwell, true) => (r#"{"data":"#, r#","type":"delete"}"#),
            (Envelope::Ogg, false) => (r#"{"before":null,"after":"#, r#","op_type":"I"}"#),
            (Envelope::Ogg, true) => (r#"{"before":"#, r#","after":null,"op_type":"D"}"#),
        }
    }

    /// The same without the fields that are NULL.
    pub(super) fn around_without_nulls(self, goes: bool) -> (&'static str, &'static str) {
        match (self, goes) {
            (Envelope::Debezium, false) => (r#"{"after":"#, r#","op":"c"}"#),
            (Envelope::Debezium, true) => (r#"{"before":"#, r#","op":"d"}"#),
            (Envelope::Ogg, false) => (r#"{"after":"#, r#","op_type":"I"}"#),
            (Envelope::Ogg, true) => (r#"{"before":"#, r#","op_type":"D"}"#),
            _ => self.around(goes),
        }
    }
}
