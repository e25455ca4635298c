//! Expressions and functions with Flink's semantics, evaluated a column at a time.
