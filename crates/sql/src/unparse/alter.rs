//! `ALTER` statements.

use std::fmt::{Display, Formatter, Result};

use super::create::write_options;
use super::name::write_partition;
use super::{Joined, commas, flag, write_opt};
use crate::ast::{
    AlterCatalog, AlterConnection, AlterDatabase, AlterFunction, AlterMaterializedTable, AlterMaterializedTableOp,
    AlterModel, AlterOptionsOp, AlterTable, AlterTableOp, AlterView, AlterViewOp, NewPartition, PartitionItem,
};

impl Display for AlterTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ALTER TABLE {}{} {}", flag(self.if_exists, "IF EXISTS "), self.name, self.op)
    }
}

/// `PARTITION (...)` of a list of partitions.
struct Partition<'a>(&'a Vec<PartitionItem>);

impl Display for Partition<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "PARTITION ({})", commas(self.0))
    }
}

impl Display for AlterTableOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            AlterTableOp::Rename(name) => write!(f, "RENAME TO {name}"),
            AlterTableOp::RenameColumn { from, to } => write!(f, "RENAME {from} TO {to}"),
            AlterTableOp::SetOptions(options) => write!(f, "SET ({})", commas(options)),
            AlterTableOp::ResetOptions(keys) => write!(f, "RESET ({})", commas(keys)),
            AlterTableOp::Add(schema) => write!(f, "ADD{schema}"),
            AlterTableOp::Modify(schema) => write!(f, "MODIFY{schema}"),
            AlterTableOp::AddDistribution(distribution) => write!(f, "ADD DISTRIBUTION {distribution}"),
            AlterTableOp::ModifyDistribution(distribution) => write!(f, "MODIFY DISTRIBUTION {distribution}"),
            AlterTableOp::DropColumns(columns) => write!(f, "DROP ({})", commas(columns)),
            AlterTableOp::DropPrimaryKey => f.write_str("DROP PRIMARY KEY"),
            AlterTableOp::DropConstraint(name) => write!(f, "DROP CONSTRAINT {name}"),
            AlterTableOp::DropWatermark => f.write_str("DROP WATERMARK"),
            AlterTableOp::DropDistribution => f.write_str("DROP DISTRIBUTION"),
            AlterTableOp::AddPartitions { if_not_exists, partitions } => {
                write!(f, "ADD {}{}", flag(*if_not_exists, "IF NOT EXISTS "), Joined(partitions, " "))
            }
            AlterTableOp::DropPartitions { if_exists, partitions } => {
                let partitions: Vec<Partition<'_>> = partitions.iter().map(Partition).collect();
                write!(f, "DROP {}{}", flag(*if_exists, "IF EXISTS "), commas(&partitions))
            }
        }
    }
}

impl Display for NewPartition {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Partition(&self.spec).fmt(f)?;
        write_options(f, &self.options)
    }
}

impl Display for AlterView {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ALTER VIEW {}{} ", flag(self.if_exists, "IF EXISTS "), self.name)?;
        match &self.op {
            AlterViewOp::Rename(name) => write!(f, "RENAME TO {name}"),
            AlterViewOp::As(query) => write!(f, "AS {query}"),
        }
    }
}

impl Display for AlterOptionsOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            AlterOptionsOp::Set(options) => write!(f, "SET ({})", commas(options)),
            AlterOptionsOp::Reset(keys) => write!(f, "RESET ({})", commas(keys)),
            AlterOptionsOp::Comment(comment) => write!(f, "COMMENT {comment}"),
            AlterOptionsOp::Rename(name) => write!(f, "RENAME TO {name}"),
        }
    }
}

impl Display for AlterCatalog {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ALTER CATALOG {} {}", self.name, self.op)
    }
}

impl Display for AlterDatabase {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ALTER DATABASE {} SET ({})", self.name, commas(&self.options))
    }
}

impl Display for AlterFunction {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (temporary, system) = (flag(self.temporary, "TEMPORARY "), flag(self.system, "SYSTEM "));
        let check = flag(self.if_exists, "IF EXISTS ");
        write!(f, "ALTER {temporary}{system}FUNCTION {check}{} AS {}", self.name, self.class)?;
        write_opt(f, " LANGUAGE ", self.language.as_ref(), "")
    }
}

impl Display for AlterModel {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ALTER MODEL {}{} {}", flag(self.if_exists, "IF EXISTS "), self.name, self.op)
    }
}

impl Display for AlterConnection {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ALTER CONNECTION {}{} {}", flag(self.if_exists, "IF EXISTS "), self.name, self.op)
    }
}

impl Display for AlterMaterializedTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ALTER MATERIALIZED TABLE {} {}", self.name, self.op)
    }
}

impl Display for AlterMaterializedTableOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            AlterMaterializedTableOp::Suspend => f.write_str("SUSPEND"),
            AlterMaterializedTableOp::Resume(options) => {
                f.write_str("RESUME")?;
                write_options(f, options)
            }
            AlterMaterializedTableOp::Refresh(partition) => {
                f.write_str("REFRESH")?;
                write_partition(f, partition)
            }
            AlterMaterializedTableOp::SetFreshness(interval) => write!(f, "SET FRESHNESS = {interval}"),
            AlterMaterializedTableOp::SetRefreshMode(mode) => write!(f, "SET REFRESH_MODE = {mode}"),
            AlterMaterializedTableOp::As { start_mode, query } => {
                write_opt(f, "START_MODE = ", start_mode.as_ref(), " ")?;
                write!(f, "AS {query}")
            }
            AlterMaterializedTableOp::Table(op) => op.fmt(f),
        }
    }
}
