//! `CREATE` and `DROP` statements.

use std::fmt::{Display, Formatter, Result};

use super::{Joined, commas, flag, write_opt};
use crate::ast::{
    ColumnDef, ColumnKind, ColumnPosition, ConstraintKind, CreateCatalog, CreateConnection, CreateDatabase,
    CreateFunction, CreateMaterializedTable, CreateMode, CreateModel, CreateTable, CreateView, Distribution,
    DistributionKind, Drop, DropBehavior, FunctionLanguage, Ident, KeyValue, LikeFeature, MergingStrategy, ModelColumn,
    RefreshMode, Resource, ResourceKind, StartMode, TableConstraint, TableLike, TableLikeOption, TableSchema,
    ViewColumn, WatermarkDef,
};

pub(super) fn write_options(f: &mut Formatter<'_>, options: &[KeyValue]) -> Result {
    if options.is_empty() { Ok(()) } else { write!(f, " WITH ({})", commas(options)) }
}

fn write_columns(f: &mut Formatter<'_>, before: &str, columns: &[Ident]) -> Result {
    if columns.is_empty() { Ok(()) } else { write!(f, "{before}({})", commas(columns)) }
}

impl Display for CreateMode {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            CreateMode::Create => "CREATE",
            CreateMode::CreateOrReplace => "CREATE OR REPLACE",
            CreateMode::Replace => "REPLACE",
            CreateMode::CreateOrAlter => "CREATE OR ALTER",
        })
    }
}

impl Display for CreateTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (temporary, check) = (flag(self.temporary, "TEMPORARY "), flag(self.if_not_exists, "IF NOT EXISTS "));
        write!(f, "{} {temporary}TABLE {check}{}{}", self.mode, self.name, self.schema)?;
        write_opt(f, " COMMENT ", self.comment.as_ref(), "")?;
        write_opt(f, " DISTRIBUTED ", self.distribution.as_ref(), "")?;
        write_columns(f, " PARTITIONED BY ", &self.partitioned_by)?;
        write_options(f, &self.options)?;
        write_opt(f, " ", self.like.as_ref(), "")?;
        write_opt(f, " AS ", self.as_query.as_ref(), "")
    }
}

impl Display for TableSchema {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut elements: Vec<&dyn Display> = Vec::new();
        elements.extend(self.columns.iter().map(|column| column as &dyn Display));
        elements.extend(self.column_names.iter().map(|name| name as &dyn Display));
        elements.extend(self.watermark.iter().map(|watermark| watermark as &dyn Display));
        elements.extend(self.constraints.iter().map(|constraint| constraint as &dyn Display));
        if elements.is_empty() { Ok(()) } else { write!(f, " ({})", commas(&elements)) }
    }
}

impl Display for ColumnDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.parents.iter().try_for_each(|parent| write!(f, "{parent}."))?;
        write!(f, "{} ", self.name)?;
        match &self.kind {
            ColumnKind::Physical(data_type) => data_type.fmt(f)?,
            ColumnKind::Computed(expr) => write!(f, "AS {expr}")?,
            ColumnKind::Metadata { data_type, key, is_virtual } => {
                write!(f, "{data_type} METADATA")?;
                write_opt(f, " FROM ", key.as_ref(), "")?;
                f.write_str(flag(*is_virtual, " VIRTUAL"))?;
            }
        }
        write_opt(f, " ", self.constraint.as_ref(), "")?;
        write_opt(f, " COMMENT ", self.comment.as_ref(), "")?;
        match &self.position {
            Some(ColumnPosition::First) => f.write_str(" FIRST"),
            Some(ColumnPosition::After(column)) => write!(f, " AFTER {column}"),
            None => Ok(()),
        }
    }
}

impl Display for TableConstraint {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_opt(f, "CONSTRAINT ", self.name.as_ref(), " ")?;
        f.write_str(match self.kind {
            ConstraintKind::PrimaryKey => "PRIMARY KEY",
            ConstraintKind::Unique => "UNIQUE",
        })?;
        write_columns(f, " ", &self.columns)?;
        match self.enforced {
            Some(true) => f.write_str(" ENFORCED"),
            Some(false) => f.write_str(" NOT ENFORCED"),
            None => Ok(()),
        }
    }
}

impl Display for WatermarkDef {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "WATERMARK FOR {} AS {}", self.column, self.strategy)
    }
}

impl Display for Distribution {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if !self.columns.is_empty() {
            let kind = match self.kind {
                Some(DistributionKind::Hash) => "HASH",
                Some(DistributionKind::Range) => "RANGE",
                None => "",
            };
            write!(f, "BY {kind}({})", commas(&self.columns))?;
        }
        let before = if self.columns.is_empty() { "INTO " } else { " INTO " };
        write_opt(f, before, self.buckets.as_ref(), " BUCKETS")
    }
}

impl Display for TableLike {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "LIKE {}", self.table)?;
        if self.options.is_empty() { Ok(()) } else { write!(f, " ({})", Joined(&self.options, " ")) }
    }
}

impl Display for TableLikeOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let merging = match self.merging {
            MergingStrategy::Including => "INCLUDING",
            MergingStrategy::Excluding => "EXCLUDING",
            MergingStrategy::Overwriting => "OVERWRITING",
        };
        let feature = match self.feature {
            LikeFeature::All => "ALL",
            LikeFeature::Constraints => "CONSTRAINTS",
            LikeFeature::Distribution => "DISTRIBUTION",
            LikeFeature::Generated => "GENERATED",
            LikeFeature::Metadata => "METADATA",
            LikeFeature::Options => "OPTIONS",
            LikeFeature::Partitions => "PARTITIONS",
            LikeFeature::Watermarks => "WATERMARKS",
        };
        write!(f, "{merging} {feature}")
    }
}

impl Display for CreateView {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (replace, temporary) = (flag(self.or_replace, "OR REPLACE "), flag(self.temporary, "TEMPORARY "));
        write!(f, "CREATE {replace}{temporary}VIEW {}{}", flag(self.if_not_exists, "IF NOT EXISTS "), self.name)?;
        if !self.columns.is_empty() {
            write!(f, " ({})", commas(&self.columns))?;
        }
        write_opt(f, " COMMENT ", self.comment.as_ref(), "")?;
        write!(f, " AS {}", self.query)
    }
}

impl Display for ViewColumn {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.name.fmt(f)?;
        write_opt(f, " COMMENT ", self.comment.as_ref(), "")
    }
}

impl Display for CreateMaterializedTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let check = flag(self.if_not_exists, "IF NOT EXISTS ");
        write!(f, "{} MATERIALIZED TABLE {check}{}{}", self.mode, self.name, self.schema)?;
        write_opt(f, " COMMENT ", self.comment.as_ref(), "")?;
        write_opt(f, " DISTRIBUTED ", self.distribution.as_ref(), "")?;
        write_columns(f, " PARTITIONED BY ", &self.partitioned_by)?;
        write_options(f, &self.options)?;
        write_opt(f, " FRESHNESS = ", self.freshness.as_ref(), "")?;
        write_opt(f, " REFRESH_MODE = ", self.refresh_mode.as_ref(), "")?;
        write_opt(f, " START_MODE = ", self.start_mode.as_ref(), "")?;
        write!(f, " AS {}", self.query)
    }
}

impl Display for RefreshMode {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            RefreshMode::Continuous => "CONTINUOUS",
            RefreshMode::Full => "FULL",
        })
    }
}

impl Display for StartMode {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (word, argument) = match self {
            StartMode::FromBeginning => ("FROM_BEGINNING", None),
            StartMode::FromNow(interval) => ("FROM_NOW", interval.as_ref()),
            StartMode::FromTimestamp(timestamp) => ("FROM_TIMESTAMP", Some(timestamp)),
            StartMode::ResumeOrFromBeginning => ("RESUME_OR_FROM_BEGINNING", None),
            StartMode::ResumeOrFromNow(interval) => ("RESUME_OR_FROM_NOW", interval.as_ref()),
            StartMode::ResumeOrFromTimestamp(timestamp) => ("RESUME_OR_FROM_TIMESTAMP", Some(timestamp)),
        };
        f.write_str(word)?;
        write_opt(f, "(", argument, ")")
    }
}

impl Display for CreateFunction {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (temporary, system) = (flag(self.temporary, "TEMPORARY "), flag(self.system, "SYSTEM "));
        let check = flag(self.if_not_exists, "IF NOT EXISTS ");
        write!(f, "CREATE {temporary}{system}FUNCTION {check}{} AS {}", self.name, self.class)?;
        write_opt(f, " LANGUAGE ", self.language.as_ref(), "")?;
        super::write_list(f, " USING ", &self.resources)
    }
}

impl Display for FunctionLanguage {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            FunctionLanguage::Java => "JAVA",
            FunctionLanguage::Scala => "SCALA",
            FunctionLanguage::Sql => "SQL",
            FunctionLanguage::Python => "PYTHON",
        })
    }
}

impl Display for Resource {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let kind = match self.kind {
            ResourceKind::Jar => "JAR",
            ResourceKind::File => "FILE",
            ResourceKind::Artifact => "ARTIFACT",
        };
        write!(f, "{kind} {}", self.path)
    }
}

impl Display for CreateCatalog {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "CREATE CATALOG {}{}", flag(self.if_not_exists, "IF NOT EXISTS "), self.name)?;
        write_opt(f, " COMMENT ", self.comment.as_ref(), "")?;
        write_options(f, &self.options)
    }
}

impl Display for CreateDatabase {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "CREATE DATABASE {}{}", flag(self.if_not_exists, "IF NOT EXISTS "), self.name)?;
        write_opt(f, " COMMENT ", self.comment.as_ref(), "")?;
        write_options(f, &self.options)
    }
}

impl Display for CreateModel {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (temporary, check) = (flag(self.temporary, "TEMPORARY "), flag(self.if_not_exists, "IF NOT EXISTS "));
        write!(f, "CREATE {temporary}MODEL {check}{}", self.name)?;
        if !self.input.is_empty() {
            write!(f, " INPUT ({})", commas(&self.input))?;
        }
        if !self.output.is_empty() {
            write!(f, " OUTPUT ({})", commas(&self.output))?;
        }
        write_opt(f, " COMMENT ", self.comment.as_ref(), "")?;
        write_options(f, &self.options)?;
        write_opt(f, " AS ", self.as_query.as_ref(), "")
    }
}

impl Display for ModelColumn {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.name, self.data_type)?;
        write_opt(f, " COMMENT ", self.comment.as_ref(), "")
    }
}

impl Display for CreateConnection {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (temporary, system) = (flag(self.temporary, "TEMPORARY "), flag(self.system, "SYSTEM "));
        let check = flag(self.if_not_exists, "IF NOT EXISTS ");
        write!(f, "CREATE {temporary}{system}CONNECTION {check}{}", self.name)?;
        write_opt(f, " COMMENT ", self.comment.as_ref(), "")?;
        write_options(f, &self.options)
    }
}

impl Display for Drop {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (temporary, system) = (flag(self.temporary, "TEMPORARY "), flag(self.system, "SYSTEM "));
        let check = flag(self.if_exists, "IF EXISTS ");
        write!(f, "DROP {temporary}{system}{} {check}{}", self.object.words(), self.name)?;
        match self.behavior {
            Some(DropBehavior::Cascade) => f.write_str(" CASCADE"),
            Some(DropBehavior::Restrict) => f.write_str(" RESTRICT"),
            None => Ok(()),
        }
    }
}
