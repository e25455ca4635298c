//! Table references, joins, MATCH_RECOGNIZE.

use std::fmt::{Display, Formatter, Result};

use super::name::write_hints;
use super::{Joined, commas, flag, write_list, write_opt};
use crate::ast::{
    AfterMatch, Define, Expr, Ident, Join, JoinCondition, JoinKind, MatchRecognize, Measure, Pattern, PivotValue,
    RowsPerMatch, SampleMethod, Subset, TableAlias, TableRef, TableRefKind, UnpivotSource,
};

impl Display for TableRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.kind.fmt(f)?;
        write_opt(f, " AS ", self.alias.as_ref(), "")
    }
}

impl Display for TableAlias {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.name.fmt(f)?;
        if self.columns.is_empty() { Ok(()) } else { write!(f, "({})", commas(&self.columns)) }
    }
}

impl Display for TableRefKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            TableRefKind::Table { name, hints, as_of } => {
                name.fmt(f)?;
                write_hints(f, hints)?;
                write_opt(f, " FOR SYSTEM_TIME AS OF ", as_of.as_ref(), "")
            }
            TableRefKind::Derived { lateral, query, as_of } => {
                write!(f, "{}({query})", flag(*lateral, "LATERAL "))?;
                write_opt(f, " FOR SYSTEM_TIME AS OF ", as_of.as_ref(), "")
            }
            TableRefKind::Function { lateral, wrapped: true, call } => {
                write!(f, "{}TABLE({call})", flag(*lateral, "LATERAL "))
            }
            TableRefKind::Function { lateral, wrapped: false, call } => {
                write!(f, "{}{call}", flag(*lateral, "LATERAL "))
            }
            TableRefKind::Unnest { collections, with_ordinality } => {
                write!(f, "UNNEST({}){}", commas(collections), flag(*with_ordinality, " WITH ORDINALITY"))
            }
            TableRefKind::Nested(table) => write!(f, "({table})"),
            TableRefKind::Join(join) => join.fmt(f),
            TableRefKind::MatchRecognize { input, spec } => write!(f, "{input} {spec}"),
            TableRefKind::Pivot { input, aggregates, axes, values } => {
                write!(f, "{input} PIVOT ({} FOR {} IN ({}))", commas(aggregates), Names(axes), commas(values))
            }
            TableRefKind::Unpivot { input, include_nulls, measures, axes, sources } => {
                let nulls = flag(*include_nulls, " INCLUDE NULLS");
                write!(f, "{input} UNPIVOT{nulls} ({} FOR {} IN ({}))", Names(measures), Names(axes), commas(sources))
            }
            TableRefKind::Sample { input, method } => write!(f, "{input} TABLESAMPLE {method}"),
        }
    }
}

impl Display for SampleMethod {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            SampleMethod::Percentage { bernoulli, percentage, seed } => {
                let method = if *bernoulli { "BERNOULLI" } else { "SYSTEM" };
                write!(f, "{method}({})", percentage.value)?;
                write_opt(f, " REPEATABLE(", seed.as_ref(), ")")
            }
            SampleMethod::Substitute(name) => write!(f, "SUBSTITUTE('{}')", name.replace('\'', "''")),
        }
    }
}

/// `a` or `(a, b)`
struct Names<'a>(&'a [Ident]);

impl Display for Names<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            [one] => one.fmt(f),
            many => write!(f, "({})", commas(many)),
        }
    }
}

/// `a` or `(a, b)`
struct RowOrValue<'a>(&'a [Expr]);

impl Display for RowOrValue<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            [one] => one.fmt(f),
            many => write!(f, "({})", commas(many)),
        }
    }
}

impl Display for PivotValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        RowOrValue(&self.values).fmt(f)?;
        write_opt(f, " AS ", self.alias.as_ref(), "")
    }
}

impl Display for UnpivotSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Names(&self.columns).fmt(f)?;
        if self.values.is_empty() { Ok(()) } else { write!(f, " AS {}", RowOrValue(&self.values)) }
    }
}

impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.kind == JoinKind::Comma {
            return write!(f, "{}, {}", self.left, self.right);
        }
        let words = match self.kind {
            JoinKind::Comma | JoinKind::Inner => "JOIN",
            JoinKind::Cross => "CROSS JOIN",
            JoinKind::Left => "LEFT JOIN",
            JoinKind::Right => "RIGHT JOIN",
            JoinKind::Full => "FULL JOIN",
        };
        write!(f, "{} {}{words} {}", self.left, flag(self.natural, "NATURAL "), self.right)?;
        match &self.condition {
            JoinCondition::None => Ok(()),
            JoinCondition::On(condition) => write!(f, " ON {condition}"),
            JoinCondition::Using(columns) => write!(f, " USING ({})", commas(columns)),
        }
    }
}

impl Display for MatchRecognize {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("MATCH_RECOGNIZE (")?;
        if !self.partition_by.is_empty() {
            write!(f, "PARTITION BY {} ", commas(&self.partition_by))?;
        }
        if !self.order_by.is_empty() {
            write!(f, "ORDER BY {} ", commas(&self.order_by))?;
        }
        if !self.measures.is_empty() {
            write!(f, "MEASURES {} ", commas(&self.measures))?;
        }
        match self.rows_per_match {
            Some(RowsPerMatch::One) => f.write_str("ONE ROW PER MATCH ")?,
            Some(RowsPerMatch::All) => f.write_str("ALL ROWS PER MATCH ")?,
            None => {}
        }
        write_opt(f, "AFTER MATCH SKIP ", self.after_match.as_ref(), " ")?;
        let (start, end) = (flag(self.strict_start, "^ "), flag(self.strict_end, " $"));
        write!(f, "PATTERN ({start}{}{end})", self.pattern)?;
        write_opt(f, " WITHIN ", self.within.as_ref(), "")?;
        write_list(f, " SUBSET ", &self.subsets)?;
        write!(f, " DEFINE {})", commas(&self.defines))
    }
}

impl Display for Measure {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} AS {}", self.expr, self.name)
    }
}

impl Display for AfterMatch {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            AfterMatch::ToNextRow => f.write_str("TO NEXT ROW"),
            AfterMatch::PastLastRow => f.write_str("PAST LAST ROW"),
            AfterMatch::ToFirst(variable) => write!(f, "TO FIRST {variable}"),
            AfterMatch::ToLast(variable) => write!(f, "TO LAST {variable}"),
        }
    }
}

impl Display for Subset {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} = ({})", self.name, commas(&self.members))
    }
}

impl Display for Define {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} AS {}", self.name, self.condition)
    }
}

/// A pattern inside another one, in parentheses when it is made of several.
struct Inner<'a>(&'a Pattern);

impl Display for Inner<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            Pattern::Sequence(_) | Pattern::Alternation(_) | Pattern::Repeat { .. } => write!(f, "({})", self.0),
            pattern => pattern.fmt(f),
        }
    }
}

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Pattern::Variable(name) => name.fmt(f),
            Pattern::Sequence(elements) => {
                let elements: Vec<Element<'_>> = elements.iter().map(Element).collect();
                Joined(&elements, " ").fmt(f)
            }
            Pattern::Alternation(alternatives) => {
                let alternatives: Vec<Alternative<'_>> = alternatives.iter().map(Alternative).collect();
                Joined(&alternatives, " | ").fmt(f)
            }
            Pattern::Permute(patterns) => write!(f, "PERMUTE({})", commas(patterns)),
            Pattern::Exclude(pattern) => write!(f, "{{- {pattern} -}}"),
            Pattern::Repeat { pattern, min, max, reluctant } => {
                Inner(pattern).fmt(f)?;
                match (min, max) {
                    (0, None) => f.write_str("*")?,
                    (1, None) => f.write_str("+")?,
                    (0, Some(1)) => f.write_str("?")?,
                    (min, Some(max)) if min == max => write!(f, "{{{min}}}")?,
                    (min, Some(max)) => write!(f, "{{{min},{max}}}")?,
                    (min, None) => write!(f, "{{{min},}}")?,
                }
                f.write_str(flag(*reluctant, "?"))
            }
        }
    }
}

/// An element of a sequence.
struct Element<'a>(&'a Pattern);

impl Display for Element<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            Pattern::Sequence(_) | Pattern::Alternation(_) => write!(f, "({})", self.0),
            pattern => pattern.fmt(f),
        }
    }
}

/// One of several alternatives.
struct Alternative<'a>(&'a Pattern);

impl Display for Alternative<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            Pattern::Alternation(_) => write!(f, "({})", self.0),
            pattern => pattern.fmt(f),
        }
    }
}
