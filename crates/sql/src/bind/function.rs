//! Function calls: which are aggregates, which speak of a group window, which are ordinary.

use ::expr::functions::FunctionError;
use dataflow::{Expr, ExprKind, Literal, LogicalType, TimeAttribute, TypeKind};

use super::expr::{Clause, ExprBinder, case_of, coerce, function_error, not_supported, resolved_call};
use super::groups::is_aggregate;
use super::operators::illegal_null;
use super::over::is_window_function;
use super::window::{GroupWindowFunction, WindowKind};
use crate::ast::{FunctionArg, FunctionArgValue, FunctionArgs, FunctionCall, Span};
use crate::error::SqlError;

impl ExprBinder<'_> {
    pub(super) fn function(&mut self, call: &FunctionCall, span: Span) -> Result<Expr, SqlError> {
        let [name] = call.name.parts.as_slice() else {
            return Err(SqlError::validation(
                format!("No match found for function signature {}", call.name.values().join(".")),
                call.name.span,
            )
            .with_detail("functions of catalogs are not supported yet"));
        };
        let upper = name.value.to_uppercase();
        if let Some(bound) = self.pattern_function(&upper, call, span)? {
            return Ok(bound);
        }
        if let Some(over) = &call.over {
            return self.over(&upper, call, over, span);
        }
        if is_window_function(&upper) {
            return Err(SqlError::validation("OVER clause is necessary for window functions", span));
        }
        if is_aggregate(&upper) {
            return self.aggregate(&upper, call, span);
        }
        if matches!(upper.as_str(), "GROUPING" | "GROUPING_ID" | "GROUP_ID") {
            return self.grouping(&upper, call, span);
        }
        if let Some(function) = GroupWindowFunction::of(&upper) {
            return self.group_window_function(function, call, span);
        }
        if WindowKind::of(&upper).is_some() && self.clause != Clause::GroupBy {
            return Err(SqlError::validation(
                format!("Group function '${upper}' can only appear in GROUP BY clause"),
                span,
            ));
        }
        if call.filter.is_some() || call.quantifier.is_some() || !call.order_by.is_empty() {
            return Err(SqlError::validation(
                format!("'{upper}' is not an aggregate; it takes no DISTINCT, FILTER or ORDER BY"),
                span,
            ));
        }
        let mut args = self.scalar_args(&call.args, span)?;
        for (at, arg) in args.iter_mut().enumerate().filter(|(_, arg)| arg.ty.kind == TypeKind::Null) {
            if let Some(kind) = type_of_null(&upper, at) {
                *arg = coerce(arg.clone(), &kind.nullable());
            }
        }
        match (upper.as_str(), args.len()) {
            ("GREATEST" | "LEAST", _) if args.iter().any(|arg| arg.ty.kind == TypeKind::Null) => {
                let message = format!("Unsupported casting from NULL to {}.", args[0].ty.kind);
                Err(SqlError::validation(message, span).with_hint("give it a type: CAST(NULL AS INT)"))
            }
            (name, _)
                if args.iter().enumerate().any(|(at, arg)| arg.ty.kind == TypeKind::Null && !takes_null(name, at)) =>
            {
                Err(illegal_null(span))
            }
            ("TYPEOF", 1) if matches!(&args[0].kind, ExprKind::Call { function, .. } if function == "PROCTIME") => {
                Err(SqlError::validation(
                    "Mismatch of function's argument data type 'TIMESTAMP_LTZ(3) NOT NULL' and actual argument type 'TIMESTAMP_LTZ(3)'.",
                    span,
                ))
            }
            ("CURRENT_DATABASE", 0) => {
                let name = Literal::String(self.facts.current_database.clone());
                Ok(Expr::literal(name, TypeKind::STRING.not_null()))
            }
            ("PROCTIME", 0) => Ok(Expr::call("PROCTIME", args, proctime_type())),
            ("CURRENT_WATERMARK", 1) if args[0].ty.time_attribute() != TimeAttribute::Rowtime => {
                let kind = &args[0].ty.kind;
                let message = match kind {
                    TypeKind::Timestamp { .. } | TypeKind::TimestampLtz { .. } => {
                        format!("The argument of CURRENT_WATERMARK() must be a rowtime attribute, but was '{kind}'.")
                    }
                    _ => format!(
                        "CURRENT_WATERMARK() must be called with a single rowtime attribute argument, but '{kind}' cannot be a time attribute."
                    ),
                };
                Err(SqlError::validation(message, span))
            }
            // The text is known now, whatever the values will be.
            ("TYPEOF", 1 | 2) => {
                let serializable = matches!(args.get(1).and_then(as_literal), Some(Literal::Boolean(true)));
                let ty = args[0].ty.without_time_attribute();
                let text = if serializable { format!("{ty:#}") } else { ty.to_string() };
                let result = self.call("TYPEOF", args, span)?.ty;
                Ok(Expr::literal(Literal::String(text), result))
            }
            ("NULLIF", 2) => self.null_if(args, span),
            ("CEILING", _) => self.call("CEIL", args, span),
            _ if ::expr::functions::find(&upper).is_none()
                && self.facts.functions.contains_key(&upper.to_lowercase()) =>
            {
                self.call_user_function(&upper.to_lowercase(), args, span)
            }
            _ => self.call_named(&name.value, &upper, args, call.args != FunctionArgs::Absent, span),
        }
    }

    /// Calls what CREATE FUNCTION has named.
    fn call_user_function(&self, name: &str, args: Vec<Expr>, span: Span) -> Result<Expr, SqlError> {
        let function = &self.facts.functions[name];
        let Some(class) = ::expr::functions::find_class(&function.class) else {
            let message = format!("Cannot instantiate user-defined function '{}'.", function.path);
            return Err(SqlError::validation(message, span).with_detail(format!(
                "the class '{}' is not one that flinkrs has code of its own for",
                function.class
            )));
        };
        resolved_call(class.name, args).map_err(|error| function_error(&error, span))
    }

    /// Calls a function that the text names; an unknown one is reported as it was written.
    fn call_named(
        &self,
        written: &str,
        upper: &str,
        args: Vec<Expr>,
        parenthesised: bool,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let is_bare = args.is_empty() && !parenthesised;
        resolved_call(upper, args).map_err(|error| match error {
            // USER, for instance, is a word of its own in the grammar, and to Flink just a name.
            FunctionError::Unknown { .. } if is_bare => {
                SqlError::validation(format!("Column '{written}' not found in any table"), span)
            }
            FunctionError::Unknown { message, nearest } => {
                let message = message.replacen(&format!(" {upper}("), &format!(" {written}("), 1);
                function_error(&FunctionError::Unknown { message, nearest }, span)
            }
            other => function_error(&other, span),
        })
    }

    fn null_if(&self, mut args: Vec<Expr>, span: Span) -> Result<Expr, SqlError> {
        let equal = self.call("=", args.clone(), span)?;
        let null = Expr::literal(Literal::Null, TypeKind::Null.nullable());
        case_of(vec![(equal, null)], args.swap_remove(0), span)
    }

    fn aggregate(&mut self, name: &str, call: &FunctionCall, span: Span) -> Result<Expr, SqlError> {
        let (scope, facts) = (self.scope, self.facts);
        match &mut self.groups {
            Some(groups) => groups.aggregate(name, call, scope, facts, span),
            None => {
                self.met_aggregate = true;
                Err(illegal_aggregate(self.clause, span))
            }
        }
    }

    /// The word of the clause, for messages.
    pub(super) fn clause_word(&self) -> &'static str {
        match self.clause {
            Clause::Where => "WHERE",
            Clause::GroupBy => "GROUP BY",
            Clause::On => "ON",
            Clause::Values => "VALUES",
            Clause::Select => "HAVING",
            Clause::Aggregate | Clause::Table => "this",
        }
    }

    fn grouping(&mut self, name: &str, call: &FunctionCall, span: Span) -> Result<Expr, SqlError> {
        let args = ExprBinder::new(self.scope, Clause::Aggregate, self.facts).scalar_args(&call.args, span)?;
        match &self.groups {
            Some(groups) if name == "GROUP_ID" => groups.group_id(&args, span),
            Some(groups) => groups.grouping(&args, span),
            None => Err(SqlError::validation(format!("{name} operator may only occur in an aggregate query"), span)),
        }
    }

    fn group_window_function(
        &mut self,
        function: GroupWindowFunction,
        call: &FunctionCall,
        span: Span,
    ) -> Result<Expr, SqlError> {
        let (scope, facts) = (self.scope, self.facts);
        let window = super::window::bind_group_window(function.kind, call, scope, facts)?;
        let found = self.groups.as_mut().and_then(|groups| groups.window_property(&window, function.property));
        found.ok_or_else(|| {
            let name = call.name.last().value.to_uppercase();
            let kind = function.kind.word();
            SqlError::validation(
                format!("Call to auxiliary group function '{name}' must have matching call to group function '${kind}' in GROUP BY clause"),
                span,
            )
        })
    }

    /// The arguments of an ordinary call.
    pub(super) fn scalar_args(&mut self, args: &FunctionArgs, span: Span) -> Result<Vec<Expr>, SqlError> {
        match args {
            FunctionArgs::Absent => Ok(Vec::new()),
            FunctionArgs::Star => Err(SqlError::validation("'*' is an argument of COUNT only", span)),
            FunctionArgs::List(args) => args.iter().map(|arg| self.bind(scalar_arg(arg)?)).collect(),
        }
    }
}

/// Whether a function takes NULL without a type as its argument `at`: those do that Flink types by their signature, and
/// those whose other arguments give it a type. The others are Calcite's, and refuse it.
fn takes_null(function: &str, at: usize) -> bool {
    match function {
        "COALESCE" | "IFNULL" | "NULLIF" | "TYPEOF" => true,
        "JSON_QUOTE" | "JSON_STRING" | "JSON_UNQUOTE" | "PARSE_JSON" | "TRY_PARSE_JSON" => true,
        "BTRIM" | "ELT" | "ENDSWITH" | "PRINTF" | "SPLIT" | "STARTSWITH" | "UNHEX" | "URL_DECODE" | "URL_ENCODE" => {
            true
        }
        "REGEXP_COUNT" | "REGEXP_EXTRACT_ALL" | "REGEXP_INSTR" | "REGEXP_SUBSTR" => true,
        "ARRAY_APPEND" | "ARRAY_CONTAINS" | "ARRAY_JOIN" | "ARRAY_POSITION" | "ARRAY_PREPEND" | "ARRAY_REMOVE"
        | "ARRAY_SLICE" | "ARRAY_SORT" => at > 0,
        _ => false,
    }
}

/// The type that NULL has as the argument `at` of functions over arrays of anything.
fn type_of_null(function: &str, at: usize) -> Option<TypeKind> {
    match function {
        _ if at == 0 => None,
        "ARRAY_JOIN" => Some(TypeKind::STRING),
        "ARRAY_SLICE" => Some(TypeKind::Int),
        "ARRAY_SORT" => Some(TypeKind::Boolean),
        _ => None,
    }
}

/// The expression of a positional scalar argument.
pub(super) fn scalar_arg(arg: &FunctionArg) -> Result<&crate::ast::Expr, SqlError> {
    if arg.name.is_some() {
        return Err(not_supported("a named argument here", arg.span));
    }
    match &arg.value {
        FunctionArgValue::Expr(expr) => Ok(expr),
        _ => Err(SqlError::validation("a scalar function takes only expressions", arg.span)),
    }
}

/// The clock of the machine, and the time attribute of tables that say so.
pub(super) fn proctime_type() -> LogicalType {
    TypeKind::TimestampLtz { precision: 3, attribute: TimeAttribute::Proctime }.not_null()
}

fn illegal_aggregate(clause: Clause, span: Span) -> SqlError {
    let message = match clause {
        Clause::Where => "Aggregate expression is illegal in WHERE clause",
        Clause::GroupBy => "Aggregate expression is illegal in GROUP BY clause",
        Clause::On => "Aggregate expression is illegal in ON clause",
        Clause::Aggregate => "Aggregate expressions cannot be nested",
        Clause::Select | Clause::Values | Clause::Table => "Aggregate expression is illegal here",
    };
    let error = SqlError::validation(message, span);
    if clause == Clause::Where { error.with_hint("conditions on aggregates go into HAVING") } else { error }
}

/// Whether the expression is a literal.
pub(super) fn as_literal(expr: &Expr) -> Option<&Literal> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}
