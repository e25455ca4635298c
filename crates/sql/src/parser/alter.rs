//! Every `ALTER` statement.

use super::create_table::ElementPlace;
use super::cursor::{Parser, Result};
use crate::ast::{
    AlterCatalog, AlterConnection, AlterDatabase, AlterFunction, AlterMaterializedTable, AlterMaterializedTableOp,
    AlterModel, AlterOptionsOp, AlterTable, AlterTableOp, AlterView, AlterViewOp, NewPartition, ObjectName,
    StatementKind, TableSchema,
};
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub(super) fn alter(&mut self) -> Result<StatementKind> {
        self.expect("ALTER")?;
        if self.accept("TABLE") {
            let if_exists = self.if_exists();
            let name = self.object_named("a table")?;
            let op = self.alter_table_op()?;
            return Ok(StatementKind::AlterTable(Box::new(AlterTable { if_exists, name, op })));
        }
        if self.accept("VIEW") {
            return self.alter_view();
        }
        if self.accept("CATALOG") {
            let name = self.named("a catalog")?;
            let op = self.alter_options(true, false)?;
            return Ok(StatementKind::AlterCatalog(Box::new(AlterCatalog { name, op })));
        }
        if self.accept("DATABASE") {
            let name = self.object_named("a database")?;
            self.expect("SET")?;
            let options = self.key_values()?;
            return Ok(StatementKind::AlterDatabase(Box::new(AlterDatabase { name, options })));
        }
        if self.accept("MODEL") {
            let if_exists = self.if_exists();
            let name = self.object_named("a model")?;
            let op = self.alter_options(false, true)?;
            return Ok(StatementKind::AlterModel(Box::new(AlterModel { if_exists, name, op })));
        }
        if self.accept("CONNECTION") {
            let if_exists = self.if_exists();
            let name = self.object_named("a connection")?;
            let op = self.alter_options(false, true)?;
            return Ok(StatementKind::AlterConnection(Box::new(AlterConnection { if_exists, name, op })));
        }
        if self.accept_words("MATERIALIZED TABLE") {
            let name = self.object_named("a table")?;
            let op = self.alter_materialized_table_op()?;
            return Ok(StatementKind::AlterMaterializedTable(Box::new(AlterMaterializedTable { name, op })));
        }
        self.alter_function()
    }

    fn alter_view(&mut self) -> Result<StatementKind> {
        let if_exists = self.if_exists();
        let name = self.object_named("a view")?;
        let op = if self.accept("RENAME") {
            self.expect("TO")?;
            AlterViewOp::Rename(self.object_name()?)
        } else {
            self.expect("AS")?;
            AlterViewOp::As(self.query()?)
        };
        Ok(StatementKind::AlterView(Box::new(AlterView { if_exists, name, op })))
    }

    fn alter_function(&mut self) -> Result<StatementKind> {
        let temporary = self.accept("TEMPORARY");
        let system = temporary && self.accept("SYSTEM");
        self.expect("FUNCTION")?;
        let if_exists = self.if_exists();
        let name = self.object_named("a function")?;
        self.expect("AS")?;
        let class = self.text()?;
        let language = self.function_language()?;
        Ok(StatementKind::AlterFunction(Box::new(AlterFunction {
            temporary,
            system,
            if_exists,
            name,
            class,
            language,
        })))
    }

    /// `SET (...)`, `RESET (...)`, and where they apply `COMMENT '...'` and `RENAME TO name`.
    fn alter_options(&mut self, has_comment: bool, has_rename: bool) -> Result<AlterOptionsOp> {
        if self.accept("SET") {
            return self.key_values().map(AlterOptionsOp::Set);
        }
        if self.accept("RESET") {
            return self.keys().map(AlterOptionsOp::Reset);
        }
        if has_comment && self.accept("COMMENT") {
            return self.text().map(AlterOptionsOp::Comment);
        }
        if has_rename && self.accept("RENAME") {
            self.expect("TO")?;
            return self.object_name().map(AlterOptionsOp::Rename);
        }
        Err(self.unexpected())
    }

    fn alter_table_op(&mut self) -> Result<AlterTableOp> {
        if self.accept("RENAME") {
            return self.alter_rename();
        }
        if self.accept("SET") {
            return self.key_values().map(AlterTableOp::SetOptions);
        }
        if self.accept("RESET") {
            return self.keys().map(AlterTableOp::ResetOptions);
        }
        if self.accept("ADD") {
            return self.alter_add();
        }
        if self.accept("MODIFY") {
            if let Some(distribution) = self.distribution_opt("DISTRIBUTION")? {
                return Ok(AlterTableOp::ModifyDistribution(distribution));
            }
            return self.alter_elements().map(AlterTableOp::Modify);
        }
        if self.accept("DROP") {
            return self.alter_drop();
        }
        Err(self.unexpected())
    }

    fn alter_rename(&mut self) -> Result<AlterTableOp> {
        if self.accept("TO") {
            return self.object_named("a table").map(AlterTableOp::Rename);
        }
        let from = self.object_named("a column")?;
        self.expect("TO")?;
        Ok(AlterTableOp::RenameColumn { from, to: self.object_named("a column")? })
    }

    fn alter_add(&mut self) -> Result<AlterTableOp> {
        if let Some(distribution) = self.distribution_opt("DISTRIBUTION")? {
            return Ok(AlterTableOp::AddDistribution(distribution));
        }
        let if_not_exists = self.if_not_exists();
        if if_not_exists || self.is_word("PARTITION") {
            let mut partitions = Vec::new();
            self.expect("PARTITION")?;
            loop {
                let spec = self.partition_items()?;
                partitions.push(NewPartition { spec, options: self.with_options()? });
                if !self.accept("PARTITION") {
                    return Ok(AlterTableOp::AddPartitions { if_not_exists, partitions });
                }
            }
        }
        self.alter_elements().map(AlterTableOp::Add)
    }

    /// `element` or `(element, ...)`
    fn alter_elements(&mut self) -> Result<TableSchema> {
        if self.is(&TokenKind::LeftParen) {
            return self.table_schema(ElementPlace::Alter);
        }
        let start = self.here();
        let mut schema = TableSchema::default();
        self.table_element(&mut schema, ElementPlace::Alter)?;
        schema.span = self.since(start);
        Ok(schema)
    }

    fn alter_drop(&mut self) -> Result<AlterTableOp> {
        if self.accept("PRIMARY") {
            self.expect("KEY")?;
            return Ok(AlterTableOp::DropPrimaryKey);
        }
        if self.accept("CONSTRAINT") {
            return self.named("a constraint").map(AlterTableOp::DropConstraint);
        }
        if self.accept("WATERMARK") {
            return Ok(AlterTableOp::DropWatermark);
        }
        if self.accept("DISTRIBUTION") {
            return Ok(AlterTableOp::DropDistribution);
        }
        let if_exists = self.if_exists();
        if if_exists || self.is_word("PARTITION") {
            let partitions = self.list(|p| {
                p.expect("PARTITION")?;
                p.partition_items()
            })?;
            return Ok(AlterTableOp::DropPartitions { if_exists, partitions });
        }
        let columns: Vec<ObjectName> = if self.is(&TokenKind::LeftParen) {
            self.parenthesized(|p| p.object_named("a column"))?
        } else {
            vec![self.object_named("a column")?]
        };
        Ok(AlterTableOp::DropColumns(columns))
    }

    fn alter_materialized_table_op(&mut self) -> Result<AlterMaterializedTableOp> {
        if self.accept("SUSPEND") {
            return Ok(AlterMaterializedTableOp::Suspend);
        }
        if self.accept("RESUME") {
            return self.with_options().map(AlterMaterializedTableOp::Resume);
        }
        if self.accept("REFRESH") {
            return self.partition_opt().map(AlterMaterializedTableOp::Refresh);
        }
        if self.accept_words("SET FRESHNESS") {
            return self.assigned_expr().map(AlterMaterializedTableOp::SetFreshness);
        }
        if self.accept_words("SET REFRESH_MODE") {
            return self.refresh_mode().map(AlterMaterializedTableOp::SetRefreshMode);
        }
        let start_mode = self.start_mode()?;
        if start_mode.is_some() || self.is_word("AS") {
            self.expect("AS")?;
            let query = self.query()?;
            return Ok(AlterMaterializedTableOp::As { start_mode, query });
        }
        self.alter_table_op().map(AlterMaterializedTableOp::Table)
    }
}
