//! Typed expressions as data: what the planner builds, what travels in an [`OperatorSpec`](crate::OperatorSpec), what `expr` compiles.
//!
//! Types are final here: every implicit cast of Flink has been made explicit by the binder, so evaluation never guesses.

use serde::{Deserialize, Serialize};

use crate::types::LogicalType;

/// A typed expression over the columns of its input row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// What it computes.
    pub kind: ExprKind,
    /// The type of its result.
    #[serde(rename = "type")]
    pub ty: LogicalType,
}

/// The shapes of an expression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ExprKind {
    /// The input column at this index.
    Column(usize),
    /// A constant of the expression's type.
    Literal(Literal),
    /// A function or operator of the catalogue in `expr`, by its catalogue name (`+`, `=`, `AND`, `UPPER`, ...).
    Call {
        /// Catalogue name, upper case.
        function: String,
        /// Arguments, already cast to what the function takes.
        args: Vec<Expr>,
    },
    /// `CAST` or, when `try_cast`, `TRY_CAST`.
    Cast {
        /// What is cast.
        input: Box<Expr>,
        /// NULL instead of a failure.
        try_cast: bool,
    },
    /// `CASE WHEN c1 THEN r1 ... ELSE otherwise END`; a result is evaluated only for the rows that reach it.
    Case {
        /// (condition, result) pairs in order.
        branches: Vec<(Expr, Expr)>,
        /// The ELSE result.
        otherwise: Box<Expr>,
    },
    /// A field of a ROW value, by position.
    Field {
        /// The ROW.
        input: Box<Expr>,
        /// Position of the field.
        index: usize,
    },
}

/// A constant. The type beside it says how to read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    /// NULL of any type.
    Null,
    /// BOOLEAN.
    Boolean(bool),
    /// TINYINT to BIGINT, DATE (days), TIME (ms), intervals (months or ms).
    Int(i64),
    /// TIMESTAMP and TIMESTAMP_LTZ: nanoseconds since the epoch, whatever the precision.
    Timestamp(#[serde(with = "int128_text")] i128),
    /// DECIMAL: the unscaled value; the scale is the type's.
    Decimal(#[serde(with = "int128_text")] i128),
    /// FLOAT and DOUBLE. Finite: the planner writes no NaN or infinity.
    Float(#[serde(with = "double_text")] f64),
    /// CHAR and VARCHAR.
    String(String),
    /// BINARY and VARBINARY.
    Bytes(Vec<u8>),
}

impl Expr {
    /// The column at `index`, of type `ty`.
    pub fn column(index: usize, ty: LogicalType) -> Self {
        Self { kind: ExprKind::Column(index), ty }
    }

    /// A constant.
    pub fn literal(literal: Literal, ty: LogicalType) -> Self {
        Self { kind: ExprKind::Literal(literal), ty }
    }

    /// A call of a catalogue function.
    pub fn call(function: impl Into<String>, args: Vec<Expr>, ty: LogicalType) -> Self {
        Self { kind: ExprKind::Call { function: function.into(), args }, ty }
    }

    /// A cast of this expression to `ty`.
    pub fn cast(self, ty: LogicalType) -> Self {
        Self { kind: ExprKind::Cast { input: Box::new(self), try_cast: false }, ty }
    }

    /// The direct sub-expressions.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Column(_) | ExprKind::Literal(_) => Vec::new(),
            ExprKind::Call { args, .. } => args.iter().collect(),
            ExprKind::Cast { input, .. } | ExprKind::Field { input, .. } => vec![input],
            ExprKind::Case { branches, otherwise } => branches
                .iter()
                .flat_map(|(condition, result)| [condition, result])
                .chain([otherwise.as_ref()])
                .collect(),
        }
    }

    /// The direct sub-expressions, to be rewritten in place.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Column(_) | ExprKind::Literal(_) => Vec::new(),
            ExprKind::Call { args, .. } => args.iter_mut().collect(),
            ExprKind::Cast { input, .. } | ExprKind::Field { input, .. } => vec![input],
            ExprKind::Case { branches, otherwise } => branches
                .iter_mut()
                .flat_map(|(condition, result)| [condition, result])
                .chain([otherwise.as_mut()])
                .collect(),
        }
    }

    /// Calls `visit` with the index of every column that is read.
    pub fn for_each_column(&self, visit: &mut impl FnMut(usize)) {
        if let ExprKind::Column(index) = self.kind {
            visit(index);
        }
        for child in self.children() {
            child.for_each_column(visit);
        }
    }

    /// Replaces every column index by `map(index)`.
    pub fn map_columns(&mut self, map: &mut impl FnMut(usize) -> usize) {
        if let ExprKind::Column(index) = &mut self.kind {
            *index = map(*index);
        }
        for child in self.children_mut() {
            child.map_columns(map);
        }
    }
}

/// One aggregate of a GROUP BY.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AggregateCall {
    /// Catalogue name: `COUNT`, `SUM`, `SUM0`, `AVG`, `MIN`, `MAX`, ... `COUNT` without arguments is `COUNT(*)`.
    pub function: String,
    /// Columns of the operator's input.
    pub args: Vec<usize>,
    /// DISTINCT.
    pub distinct: bool,
    /// The BOOLEAN input column of `FILTER (WHERE ...)`; NULL counts as false.
    pub filter: Option<usize>,
    /// Result type.
    #[serde(rename = "type")]
    pub ty: LogicalType,
}

/// `f64` as the shortest text that reads back as the same number: JSON readers may be off in the last bit.
mod double_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// `i128` as decimal text: JSON numbers do not carry it.
mod int128_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &i128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
