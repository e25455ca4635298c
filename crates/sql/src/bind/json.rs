//! JSON functions with clauses: the clauses become constant arguments of the catalogue's functions.

use dataflow::{Expr, ExprKind, Literal, TypeKind};

use super::data_type::bind_data_type;
use super::expr::{Clause, ExprBinder, coerce};
use super::literal::string;
use crate::ast::{
    self, DataType, JsonExistsOnError, JsonExpr, JsonOnNull, JsonQueryBehavior, JsonValueBehavior, JsonWrapper, Span,
};
use crate::error::SqlError;

impl ExprBinder<'_> {
    pub(super) fn json(&mut self, json: &JsonExpr, span: Span) -> Result<Expr, SqlError> {
        match json {
            JsonExpr::Exists { input, path, on_error } => {
                let word = match on_error {
                    Some(JsonExistsOnError::True) => "TRUE",
                    None | Some(JsonExistsOnError::False) => "FALSE",
                    Some(JsonExistsOnError::Unknown) => "UNKNOWN",
                    Some(JsonExistsOnError::Error) => "ERROR",
                };
                let args = vec![self.operand(input)?, self.bind(path)?, string(word)];
                self.call("JSON_EXISTS", args, span)
            }
            JsonExpr::Value { input, path, returning, on_empty, on_error } => {
                let mut args = vec![self.operand(input)?, self.bind(path)?, null_of(returning.as_ref())?];
                check_returning("JSON_VALUE", &args[2], span)?;
                for behavior in [on_empty, on_error] {
                    let (word, default) = match behavior {
                        None | Some(JsonValueBehavior::Null) => ("NULL", null_of(None)?),
                        Some(JsonValueBehavior::Error) => ("ERROR", null_of(None)?),
                        Some(JsonValueBehavior::Default(default)) => ("DEFAULT", self.bind(default)?),
                    };
                    let mut is_constant = true;
                    default.for_each_column(&mut |_| is_constant = false);
                    if !is_constant {
                        return Err(SqlError::validation("The DEFAULT of JSON_VALUE must be a constant", span));
                    }
                    args.extend([string(word), default]);
                }
                self.call("JSON_VALUE", args, span)
            }
            JsonExpr::Query { input, path, returning, wrapper, on_empty, on_error } => {
                let wrapper = match wrapper {
                    None | Some(JsonWrapper::Without) => "WITHOUT",
                    Some(JsonWrapper::Conditional) => "CONDITIONAL",
                    Some(JsonWrapper::Unconditional) => "UNCONDITIONAL",
                };
                let args = vec![
                    self.operand(input)?,
                    self.bind(path)?,
                    null_of(returning.as_ref())?,
                    string(wrapper),
                    string(query_behavior(*on_empty)),
                    string(query_behavior(*on_error)),
                ];
                check_returning("JSON_QUERY", &args[2], span)?;
                self.call("JSON_QUERY", args, span)
            }
            JsonExpr::Object { entries, on_null } => {
                let mut args = vec![string(on_null_word(*on_null, JsonOnNull::Null))];
                for (key, value) in entries {
                    let key = self.bind(key)?;
                    args.push(key);
                    args.extend(self.json_item(value)?);
                }
                self.call("JSON_OBJECT", args, span)
            }
            JsonExpr::Array { values, on_null } => {
                let mut args = vec![string(on_null_word(*on_null, JsonOnNull::Absent))];
                for value in values {
                    args.extend(self.json_item(value)?);
                }
                self.call("JSON_ARRAY", args, span)
            }
            JsonExpr::ObjectAgg { key, value, on_null } => {
                let name = match on_null {
                    None | Some(JsonOnNull::Null) => "JSON_OBJECTAGG_NULL_ON_NULL",
                    Some(JsonOnNull::Absent) => "JSON_OBJECTAGG_ABSENT_ON_NULL",
                };
                self.json_aggregate(name, Some(key), value, span)
            }
            JsonExpr::ArrayAgg { value, order_by, on_null } => {
                if !order_by.is_empty() {
                    return Err(SqlError::validation("JSON_ARRAYAGG does not support ORDER BY", span)
                        .with_hint("leave out ORDER BY: elements stand in the order in which they come"));
                }
                let name = match on_null {
                    Some(JsonOnNull::Null) => "JSON_ARRAYAGG_NULL_ON_NULL",
                    None | Some(JsonOnNull::Absent) => "JSON_ARRAYAGG_ABSENT_ON_NULL",
                };
                self.json_aggregate(name, None, value, span)
            }
        }
    }

    /// A value of JSON_OBJECT or JSON_ARRAY behind a word that says whether its text is JSON already.
    fn json_item(&mut self, value: &ast::Expr) -> Result<[Expr; 2], SqlError> {
        let value = match &value.kind {
            ast::ExprKind::Function(call) if call.name.last().value.eq_ignore_ascii_case("JSON") => {
                self.json_document(call, value.span)?
            }
            _ => {
                return Ok([string(if is_json_constructor(value) { "JSON" } else { "VALUE" }), self.bind(value)?]);
            }
        };
        Ok([string("DOCUMENT"), value])
    }

    /// The argument of `JSON(...)`.
    fn json_document(&mut self, call: &ast::FunctionCall, span: Span) -> Result<Expr, SqlError> {
        let mut args = self.scalar_args(&call.args, span)?;
        let is_text = |arg: &Expr| ::expr::types::is_character(&arg.ty.kind) || arg.ty.kind == TypeKind::Null;
        if args.len() != 1 || !is_text(&args[0]) {
            return Err(SqlError::validation("The function JSON takes one text: JSON(<CHARACTER>)", span));
        }
        Ok(coerce(args.remove(0), &TypeKind::STRING.nullable()))
    }

    /// A third or second argument says that the values are JSON already.
    fn json_aggregate(
        &mut self,
        name: &str,
        key: Option<&ast::Expr>,
        value: &ast::Expr,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let mut args: Vec<ast::Expr> = key.into_iter().chain([value]).cloned().collect();
        if is_json_constructor(value) {
            let flag = ast::Literal::String { value: "JSON".to_owned(), charset: None };
            args.push(ast::Expr::new(ast::ExprKind::Literal(flag), span));
        }
        let args = args.into_iter().map(|arg| ast::FunctionArg {
            name: None,
            span: arg.span,
            value: ast::FunctionArgValue::Expr(arg),
        });
        let call = ast::FunctionCall {
            name: ast::Ident { value: name.to_owned(), quoted: false, span }.into(),
            args: ast::FunctionArgs::List(args.collect()),
            quantifier: None,
            order_by: Vec::new(),
            within_group: false,
            nulls: None,
            filter: None,
            over: None,
            span,
        };
        debug_assert_ne!(self.clause, Clause::Table, "tables have no aggregates");
        self.function(&call, span)
    }
}

/// Whether it is JSON_OBJECT or JSON_ARRAY.
fn is_json_constructor(value: &ast::Expr) -> bool {
    matches!(&value.kind, ast::ExprKind::Json(json) if matches!(**json, JsonExpr::Object { .. } | JsonExpr::Array { .. }))
}

/// A NULL that tells the type to return; the untyped one tells nothing.
fn null_of(returning: Option<&DataType>) -> Result<Expr, SqlError> {
    let ty = returning.map(bind_data_type).transpose()?;
    Ok(Expr::literal(Literal::Null, ty.map_or(TypeKind::Null, |ty| ty.kind).nullable()))
}

/// Flink's refusal of other types.
fn check_returning(function: &str, null: &Expr, span: Span) -> Result<(), SqlError> {
    debug_assert!(matches!(null.kind, ExprKind::Literal(Literal::Null)));
    let kind = &null.ty.kind;
    let supported = match kind {
        TypeKind::Null | TypeKind::Varchar { .. } => true,
        TypeKind::Boolean | TypeKind::Int | TypeKind::Double => function == "JSON_VALUE",
        TypeKind::Array(element) if function == "JSON_QUERY" => {
            if element.kind == TypeKind::STRING {
                return Ok(());
            }
            return Err(SqlError::validation(
                format!("Unsupported array element type '{}' for RETURNING ARRAY in JSON_QUERY().", element.kind),
                span,
            )
            .with_hint("RETURNING ARRAY<STRING> is supported"));
        }
        _ => false,
    };
    if supported {
        return Ok(());
    }
    let hint = match function {
        "JSON_VALUE" => "STRING, BOOLEAN, INTEGER and DOUBLE are supported; cast the result for other types",
        _ => "STRING and ARRAY<STRING> are supported",
    };
    Err(SqlError::validation(format!("Unsupported type '{kind}' for RETURNING in {function}()."), span).with_hint(hint))
}

fn query_behavior(behavior: Option<JsonQueryBehavior>) -> &'static str {
    match behavior {
        None | Some(JsonQueryBehavior::Null) => "NULL",
        Some(JsonQueryBehavior::Error) => "ERROR",
        Some(JsonQueryBehavior::EmptyArray) => "EMPTY ARRAY",
        Some(JsonQueryBehavior::EmptyObject) => "EMPTY OBJECT",
    }
}

fn on_null_word(on_null: Option<JsonOnNull>, otherwise: JsonOnNull) -> &'static str {
    match on_null.unwrap_or(otherwise) {
        JsonOnNull::Null => "NULL",
        JsonOnNull::Absent => "ABSENT",
    }
}
