//! Hints of a SELECT. Those of a join strategy change nothing on a stream, but must name tables of the query, as in Flink. STATE_TTL says how long
//! the rows of each side of a join, or the groups of the one table that is aggregated, are kept: in this query, not in those below it.

use super::scope::Scope;
use crate::ast::{Hint, HintArgs, Span, TableRef, TableRefKind};
use crate::error::SqlError;
use crate::logical::{LogicalPlan, StateTtlHint};

/// What may stand in a LOOKUP hint.
const LOOKUP_OPTIONS: [&str; 9] = [
    "table",
    "async",
    "output-mode",
    "capacity",
    "timeout",
    "retry-predicate",
    "retry-strategy",
    "fixed-delay",
    "max-attempts",
];

const JOIN_STRATEGIES: [&str; 4] = ["BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP"];

const STATE_TTL: &str = "STATE_TTL";

/// What the STATE_TTL hints of a SELECT say.
#[derive(Debug, Default)]
pub(super) struct StateTtlHints {
    /// By table name; of several for one table the first counts.
    tables: Vec<(Vec<String>, StateTtlHint)>,
    /// Names that no table has, and where the hint stands.
    unknown: Option<(Vec<String>, Span)>,
}

impl StateTtlHints {
    fn add(&mut self, hint: &Hint, scope: &Scope) -> Result<(), SqlError> {
        let pairs = match &hint.args {
            HintArgs::Options(pairs) if !pairs.is_empty() => pairs,
            HintArgs::Names(_) | HintArgs::Literals(_) => {
                let message = "Invalid list options in STATE_TTL hint, only support key-value options.";
                return Err(SqlError::validation(message, hint.span).with_hint("STATE_TTL('table' = '1 d')"));
            }
            _ => {
                let message = "Invalid STATE_TTL hint, expecting at least one key-value options specified.";
                return Err(SqlError::validation(message, hint.span));
            }
        };
        let mut tables: Vec<(Vec<String>, StateTtlHint)> = Vec::new();
        for pair in pairs {
            let text = pair.value.value.clone();
            let duration = common::config::parse_duration(&text).map_err(|error| {
                SqlError::validation(format!("Invalid STATE_TTL hint value '{text}': {error}"), pair.value.span)
            })?;
            let name: Vec<String> = pair.key.value.split('.').map(str::to_owned).collect();
            let parts: Vec<&str> = name.iter().map(String::as_str).collect();
            if scope.qualified_wildcard(&parts).is_empty() {
                self.unknown.get_or_insert_with(|| (Vec::new(), hint.span)).0.push(pair.key.value.clone());
            }
            let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
            // Within one hint the last one counts.
            tables.retain(|(known, _)| *known != name);
            tables.push((name, StateTtlHint { text, millis }));
        }
        self.tables.extend(tables);
        Ok(())
    }

    /// Fails when a hint names no table of the query: as in Flink only where there is something that it could be about.
    pub(super) fn check_names(&self) -> Result<(), SqlError> {
        match &self.unknown {
            None => Ok(()),
            Some((names, span)) => Err(unmatched(&names.join(", "), STATE_TTL, *span)),
        }
    }

    /// What is said of the one table that a query reads; nothing when it joins several.
    pub(super) fn of_only_table(&self, from: Option<&TableRef>, scope: &Scope) -> Option<StateTtlHint> {
        from.filter(|from| !is_join(from)).and_then(|_| self.of_column(scope, 0))
    }

    /// Tells the joins of FROM what is said of the tables that they join. Of what is itself a join nothing can be said.
    pub(super) fn tell_joins(&self, from: &TableRef, plan: &mut LogicalPlan, scope: &Scope) {
        if !self.tables.is_empty() {
            self.tell(from, plan, scope, 0);
        }
    }

    /// `first` is the first column of `plan` in the scope.
    fn tell(&self, from: &TableRef, plan: &mut LogicalPlan, scope: &Scope, first: usize) {
        match (&from.kind, plan) {
            (TableRefKind::Nested(inner), plan) if from.alias.is_none() => self.tell(inner, plan, scope, first),
            (TableRefKind::Join(join), LogicalPlan::Join(node)) => {
                let behind = first + node.left.output().len();
                let sides = [(&join.left, &mut node.left, first), (&join.right, &mut node.right, behind)];
                for ((side, below, first), ttl) in sides.into_iter().zip(&mut node.state_ttl) {
                    if is_join(side) {
                        self.tell(side, below, scope, first);
                    } else {
                        *ttl = self.of_column(scope, first);
                    }
                }
            }
            _ => {}
        }
    }

    /// What is said of the table of a column.
    fn of_column(&self, scope: &Scope, column: usize) -> Option<StateTtlHint> {
        let names = |name: &[String]| {
            let parts: Vec<&str> = name.iter().map(String::as_str).collect();
            scope.is_of_table(column, &parts)
        };
        self.tables.iter().find(|(name, _)| names(name)).map(|(_, hint)| hint.clone())
    }
}

fn is_join(table: &TableRef) -> bool {
    match &table.kind {
        TableRefKind::Join(_) => true,
        TableRefKind::Nested(inner) => table.alias.is_none() && is_join(inner),
        _ => false,
    }
}

fn unmatched(names: &str, hint: &str, span: Span) -> SqlError {
    let message =
        format!("The options of following hints cannot match the name of input tables or views: `{names}` in `{hint}`");
    SqlError::validation(message, span)
}

/// Refuses hints that Flink refuses, and those that would have an effect which is missing here; returns what has an effect.
pub(super) fn check_hints(hints: &[Hint], scope: &Scope) -> Result<StateTtlHints, SqlError> {
    let mut state_ttl = StateTtlHints::default();
    for hint in hints {
        let name = hint.name.value.to_uppercase();
        if name == STATE_TTL {
            state_ttl.add(hint, scope)?;
            continue;
        }
        if name == "LOOKUP" {
            check_lookup(hint, scope)?;
            continue;
        }
        if !JOIN_STRATEGIES.contains(&name.as_str()) {
            let message = format!("Hint: {name} should be registered in the HintStrategyTable");
            return Err(SqlError::validation(message, hint.span)
                .with_hint(format!("there are {}, STATE_TTL and LOOKUP", JOIN_STRATEGIES.join(", "))));
        }
        let HintArgs::Names(tables) = &hint.args else {
            let message =
                format!("Invalid hint: {name}, expecting at least one table or view specified in hint {name}.");
            return Err(SqlError::validation(message, hint.span));
        };
        if let Some(table) = tables.iter().find(|table| scope.qualified_wildcard(&table.values()).is_empty()) {
            return Err(unmatched(&table.values().join("."), &name, table.span));
        }
    }
    Ok(state_ttl)
}

/// A LOOKUP hint names the table that is looked up in. How it is looked up changes nothing here: its rows are in memory.
fn check_lookup(hint: &Hint, scope: &Scope) -> Result<(), SqlError> {
    let HintArgs::Options(pairs) = &hint.args else {
        let message = "Invalid LOOKUP hint: only key-value options are supported";
        return Err(SqlError::validation(message, hint.span).with_hint("write LOOKUP('table' = 'name')"));
    };
    if let Some(pair) = pairs.iter().find(|pair| !LOOKUP_OPTIONS.contains(&pair.key.value.as_str())) {
        let message = format!("Invalid LOOKUP hint: unknown option '{}'", pair.key.value);
        return Err(SqlError::validation(message, hint.span)
            .with_hint(format!("its options are {}", LOOKUP_OPTIONS.join(", "))));
    }
    let Some(table) = pairs.iter().find(|pair| pair.key.value == "table") else {
        let message = "Invalid LOOKUP hint: incomplete required option(s): 'table'";
        return Err(SqlError::validation(message, hint.span));
    };
    if scope.qualified_wildcard(&[table.value.value.as_str()]).is_empty() {
        return Err(unmatched(&table.value.value, "LOOKUP", hint.span));
    }
    Ok(())
}
