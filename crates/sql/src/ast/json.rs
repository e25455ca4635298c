//! The SQL/JSON functions whose clauses do not fit an ordinary call.

use super::{DataType, Expr, OrderItem};

/// A JSON function.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonExpr {
    /// `JSON_EXISTS(input, path [TRUE | FALSE | UNKNOWN | ERROR ON ERROR])`
    Exists {
        /// The document.
        input: Expr,
        /// The path.
        path: Expr,
        /// The answer for a document that cannot be read.
        on_error: Option<JsonExistsOnError>,
    },
    /// `JSON_VALUE(input, path [RETURNING type] [... ON EMPTY] [... ON ERROR])`
    Value {
        /// The document.
        input: Expr,
        /// The path.
        path: Expr,
        /// The result type.
        returning: Option<DataType>,
        /// The answer when the path finds nothing.
        on_empty: Option<JsonValueBehavior>,
        /// The answer on an error.
        on_error: Option<JsonValueBehavior>,
    },
    /// `JSON_QUERY(input, path [RETURNING type] [wrapper] [... ON EMPTY] [... ON ERROR])`
    Query {
        /// The document.
        input: Expr,
        /// The path.
        path: Expr,
        /// The result type.
        returning: Option<DataType>,
        /// Whether the result is wrapped in an array.
        wrapper: Option<JsonWrapper>,
        /// The answer when the path finds nothing.
        on_empty: Option<JsonQueryBehavior>,
        /// The answer on an error.
        on_error: Option<JsonQueryBehavior>,
    },
    /// `JSON_OBJECT([KEY] k VALUE v, ... [NULL | ABSENT ON NULL])`
    Object {
        /// Keys and values.
        entries: Vec<(Expr, Expr)>,
        /// What becomes of NULL values.
        on_null: Option<JsonOnNull>,
    },
    /// `JSON_OBJECTAGG([KEY] k VALUE v [NULL | ABSENT ON NULL])`
    ObjectAgg {
        /// The key.
        key: Expr,
        /// The value.
        value: Expr,
        /// What becomes of NULL values.
        on_null: Option<JsonOnNull>,
    },
    /// `JSON_ARRAY(v, ... [NULL | ABSENT ON NULL])`
    Array {
        /// The elements.
        values: Vec<Expr>,
        /// What becomes of NULL values.
        on_null: Option<JsonOnNull>,
    },
    /// `JSON_ARRAYAGG(v [ORDER BY ...] [NULL | ABSENT ON NULL])`
    ArrayAgg {
        /// The element.
        value: Expr,
        /// The order of the elements.
        order_by: Vec<OrderItem>,
        /// What becomes of NULL values.
        on_null: Option<JsonOnNull>,
    },
}

/// `NULL ON NULL` or `ABSENT ON NULL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum JsonOnNull {
    Null,
    Absent,
}

/// The `ON ERROR` of `JSON_EXISTS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant is its SQL word")]
pub enum JsonExistsOnError {
    True,
    False,
    Unknown,
    Error,
}

/// The `ON EMPTY` and `ON ERROR` of `JSON_VALUE`.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonValueBehavior {
    /// `ERROR`
    Error,
    /// `NULL`
    Null,
    /// `DEFAULT value`
    Default(Expr),
}

/// The `ON EMPTY` and `ON ERROR` of `JSON_QUERY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonQueryBehavior {
    /// `ERROR`
    Error,
    /// `NULL`
    Null,
    /// `EMPTY ARRAY`
    EmptyArray,
    /// `EMPTY OBJECT`
    EmptyObject,
}

/// The wrapper of `JSON_QUERY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonWrapper {
    /// `WITHOUT [ARRAY] WRAPPER`
    Without,
    /// `WITH CONDITIONAL [ARRAY] WRAPPER`
    Conditional,
    /// `WITH [UNCONDITIONAL] [ARRAY] WRAPPER`
    Unconditional,
}
