//! Function calls and OVER windows.

use std::fmt::{Display, Formatter, Result};

use super::name::{AnyWord, FunctionName};
use super::{commas, write_list, write_opt};
use crate::ast::{
    FrameBound, FrameUnit, FunctionArg, FunctionArgValue, FunctionArgs, FunctionCall, NullTreatment, Over,
    SetQuantifier, TableArg, TableArgSource, WindowFrame, WindowSpec,
};

impl Display for FunctionCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        FunctionName(&self.name).fmt(f)?;
        match &self.args {
            FunctionArgs::Absent => return Ok(()),
            FunctionArgs::Star => f.write_str("(*)")?,
            FunctionArgs::List(args) => {
                f.write_str("(")?;
                write_opt(f, "", self.quantifier.as_ref(), " ")?;
                commas(args).fmt(f)?;
                if !self.within_group {
                    write_list(f, " ORDER BY ", &self.order_by)?;
                }
                f.write_str(")")?;
            }
        }
        match self.nulls {
            Some(NullTreatment::Respect) => f.write_str(" RESPECT NULLS")?,
            Some(NullTreatment::Ignore) => f.write_str(" IGNORE NULLS")?,
            None => {}
        }
        if self.within_group {
            write!(f, " WITHIN GROUP (ORDER BY {})", commas(&self.order_by))?;
        }
        write_opt(f, " FILTER (WHERE ", self.filter.as_ref(), ")")?;
        match &self.over {
            Some(Over::Name(name)) => write!(f, " OVER {name}"),
            Some(Over::Spec(spec)) => write!(f, " OVER {spec}"),
            None => Ok(()),
        }
    }
}

impl Display for SetQuantifier {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            SetQuantifier::All => "ALL",
            SetQuantifier::Distinct => "DISTINCT",
        })
    }
}

impl Display for FunctionArg {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_opt(f, "", self.name.as_ref().map(AnyWord).as_ref(), " => ")?;
        match &self.value {
            FunctionArgValue::Expr(expr) => expr.fmt(f),
            FunctionArgValue::Table(table) => table.fmt(f),
            FunctionArgValue::Model(name) => write!(f, "MODEL {name}"),
            FunctionArgValue::Descriptor(columns) => write!(f, "DESCRIPTOR({})", commas(columns)),
            FunctionArgValue::Default => f.write_str("DEFAULT"),
        }
    }
}

impl Display for TableArg {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.source {
            TableArgSource::Name(name) => write!(f, "TABLE {name}")?,
            TableArgSource::Query(query) => write!(f, "TABLE ({query})")?,
        }
        if !self.partition_by.is_empty() {
            write!(f, " PARTITION BY ({})", commas(&self.partition_by))?;
        }
        if !self.order_by.is_empty() {
            write!(f, " ORDER BY ({})", commas(&self.order_by))?;
        }
        Ok(())
    }
}

impl Display for WindowSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("(")?;
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.base.as_ref().map(ToString::to_string));
        if !self.partition_by.is_empty() {
            parts.push(format!("PARTITION BY {}", commas(&self.partition_by)));
        }
        if !self.order_by.is_empty() {
            parts.push(format!("ORDER BY {}", commas(&self.order_by)));
        }
        parts.extend(self.frame.as_ref().map(ToString::to_string));
        write!(f, "{})", parts.join(" "))
    }
}

impl Display for WindowFrame {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let unit = if self.unit == FrameUnit::Rows { "ROWS" } else { "RANGE" };
        match &self.end {
            Some(end) => write!(f, "{unit} BETWEEN {} AND {end}", self.start),
            None => write!(f, "{unit} {}", self.start),
        }
    }
}

impl Display for FrameBound {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            FrameBound::UnboundedPreceding => f.write_str("UNBOUNDED PRECEDING"),
            FrameBound::Preceding(offset) => write!(f, "{offset} PRECEDING"),
            FrameBound::CurrentRow => f.write_str("CURRENT ROW"),
            FrameBound::Following(offset) => write!(f, "{offset} FOLLOWING"),
            FrameBound::UnboundedFollowing => f.write_str("UNBOUNDED FOLLOWING"),
        }
    }
}
