//! Names and short texts that statements are made of: identifiers, qualified names, string literals, options.

use super::span::Span;

/// One identifier. Names are case sensitive and are kept as written, without their back-quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name itself; doubled back-quotes are already single.
    pub value: String,
    /// Whether it was written in back-quotes.
    pub quoted: bool,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// A name of one or more parts, such as `cat.db.t`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName {
    /// The parts from the outermost to the innermost; never empty.
    pub parts: Vec<Ident>,
    /// From the first part to the last.
    pub span: Span,
}

impl ObjectName {
    /// The last part.
    pub fn last(&self) -> &Ident {
        self.parts.last().expect("the parser makes names of one part or more")
    }

    /// The parts as plain strings.
    pub fn values(&self) -> Vec<&str> {
        self.parts.iter().map(|part| part.value.as_str()).collect()
    }
}

/// A character string literal where the grammar wants a text and not an expression: comments, option keys, paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The decoded text.
    pub value: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// `'key' = 'value'` of a `WITH` or `SET` list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyValue {
    /// The key.
    pub key: Text,
    /// The value.
    pub value: Text,
}

/// `column [= value]` of a `PARTITION (...)` clause.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionItem {
    /// The partition column.
    pub column: Ident,
    /// The value of a static partition; absent for a dynamic one.
    pub value: Option<super::expr::Expr>,
}

/// An SQL hint, one element of `/*+ ... */`.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// The hint's name, for example `OPTIONS`.
    pub name: Ident,
    /// What stands in its parentheses.
    pub args: HintArgs,
    /// The hint without the comment marks.
    pub span: Span,
}

/// The arguments of a hint.
#[derive(Debug, Clone, PartialEq)]
pub enum HintArgs {
    /// No parentheses, or empty ones.
    None,
    /// `('k' = 'v', ...)`
    Options(Vec<KeyValue>),
    /// `(a, b.c)`
    Names(Vec<ObjectName>),
    /// `('x', 1)`
    Literals(Vec<super::literal::SpannedLiteral>),
}
