//! `CREATE TABLE`: columns, constraints, watermark and the clauses after them.

use super::cursor::{Parser, Result};
use crate::ast::{
    ColumnDef, ColumnKind, ColumnPosition, ConstraintKind, CreateMode, CreateTable, Distribution, DistributionKind,
    Ident, LikeFeature, MergingStrategy, Span, StatementKind, TableConstraint, TableLike, TableLikeOption, TableSchema,
    WatermarkDef,
};
use crate::error::SqlError;
use crate::lexer::TokenKind;

/// Where a table's elements stand, which decides what an element may be.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ElementPlace {
    /// `CREATE TABLE`: bare names are allowed.
    Create,
    /// `ALTER TABLE ADD | MODIFY`: nested names and positions are allowed.
    Alter,
}

impl Parser<'_> {
    /// `TABLE ...` after `CREATE [OR REPLACE] [TEMPORARY]` or `REPLACE`.
    pub(super) fn create_table(&mut self, mode: CreateMode, temporary: bool) -> Result<StatementKind> {
        self.expect("TABLE")?;
        let if_not_exists = mode == CreateMode::Create && self.if_not_exists();
        let name = self.object_named("a table")?;
        let schema = self.table_schema_opt()?;
        let comment = self.comment()?;
        let distribution = self.distribution_opt("DISTRIBUTED")?;
        let partitioned_by = self.partitioned_by()?;
        let options = self.with_options()?;
        let like = if self.accept("LIKE") { Some(self.table_like()?) } else { None };
        let as_query = if mode == CreateMode::Replace && like.is_none() {
            self.expect("AS")?;
            Some(self.query()?)
        } else if like.is_none() && self.accept("AS") {
            Some(self.query()?)
        } else {
            None
        };
        Ok(StatementKind::CreateTable(Box::new(CreateTable {
            mode,
            temporary,
            if_not_exists,
            name,
            schema,
            comment,
            distribution,
            partitioned_by,
            options,
            like,
            as_query,
        })))
    }

    /// `REPLACE TABLE ... AS query`
    pub(super) fn replace_table(&mut self) -> Result<StatementKind> {
        self.expect("REPLACE")?;
        self.create_table(CreateMode::Replace, false)
    }

    /// `(element, ...)`, if it is next.
    pub(super) fn table_schema_opt(&mut self) -> Result<TableSchema> {
        if !self.is(&TokenKind::LeftParen) {
            self.note("(");
            return Ok(TableSchema::default());
        }
        self.table_schema(ElementPlace::Create)
    }

    /// `(element, ...)`
    pub(super) fn table_schema(&mut self, place: ElementPlace) -> Result<TableSchema> {
        let start = self.open()?;
        let mut schema = TableSchema::default();
        self.table_element(&mut schema, place)?;
        while self.accept_kind(&TokenKind::Comma) {
            self.table_element(&mut schema, place)?;
        }
        self.close(start)?;
        schema.span = self.since(start);
        Ok(schema)
    }

    /// A column, constraint or watermark, put where it belongs in `schema`.
    pub(super) fn table_element(&mut self, schema: &mut TableSchema, place: ElementPlace) -> Result<()> {
        if self.is_word("WATERMARK") {
            let watermark = self.watermark()?;
            if schema.watermark.is_some() {
                let error = SqlError::validation("a table has one WATERMARK at most", watermark.span);
                return Err(error.with_hint("leave one of them out").into());
            }
            schema.watermark = Some(watermark);
        } else if self.is_one_of(&["PRIMARY", "CONSTRAINT", "UNIQUE"]) {
            let constraint = self.table_constraint()?;
            schema.constraints.push(constraint);
        } else {
            self.column(schema, place)?;
        }
        Ok(())
    }

    fn watermark(&mut self) -> Result<WatermarkDef> {
        let start = self.expect_words("WATERMARK FOR")?;
        let column = self.object_named("a column")?;
        self.expect("AS")?;
        let strategy = self.expr()?;
        Ok(WatermarkDef { column, strategy, span: self.since(start) })
    }

    /// `[CONSTRAINT name] PRIMARY KEY (columns) [[NOT] ENFORCED]`
    fn table_constraint(&mut self) -> Result<TableConstraint> {
        self.constraint(Self::ident_list)
    }

    /// A constraint whose columns `columns` reads.
    fn constraint(&mut self, columns: impl FnOnce(&mut Self) -> Result<Vec<Ident>>) -> Result<TableConstraint> {
        let start = self.here();
        let name = if self.accept("CONSTRAINT") { Some(self.named("a constraint")?) } else { None };
        let kind = if self.accept("UNIQUE") {
            ConstraintKind::Unique
        } else {
            self.expect_words("PRIMARY KEY")?;
            ConstraintKind::PrimaryKey
        };
        let columns = columns(self)?;
        let enforced = if self.accept("ENFORCED") {
            Some(true)
        } else if self.accept_words("NOT ENFORCED") {
            Some(false)
        } else {
            None
        };
        Ok(TableConstraint { name, kind, columns, enforced, span: self.since(start) })
    }

    fn column(&mut self, schema: &mut TableSchema, place: ElementPlace) -> Result<()> {
        ["WATERMARK", "PRIMARY KEY"].iter().for_each(|word| self.note(word));
        let mut path = vec![self.named("a column")?];
        while place == ElementPlace::Alter && self.accept_kind(&TokenKind::Dot) {
            path.push(self.ident()?);
        }
        let name = path.pop().expect("a path has one part or more");
        let bare = self.is(&TokenKind::Comma) || self.is(&TokenKind::RightParen);
        if place == ElementPlace::Create && bare {
            schema.column_names.push(name);
            return Ok(());
        }
        let start = path.first().map_or(name.span, |first| first.span);
        let column = self.column_definition(path, name, start, place)?;
        schema.columns.push(column);
        Ok(())
    }

    fn column_definition(
        &mut self,
        parents: Vec<Ident>,
        name: Ident,
        start: Span,
        place: ElementPlace,
    ) -> Result<ColumnDef> {
        let mut constraint = None;
        let kind = if self.accept("AS") {
            ColumnKind::Computed(self.expr()?)
        } else {
            let data_type = self.data_type()?;
            if self.accept("METADATA") {
                let key = if self.accept("FROM") { Some(self.text()?) } else { None };
                ColumnKind::Metadata { data_type, key, is_virtual: self.accept("VIRTUAL") }
            } else {
                if self.is_one_of(&["PRIMARY", "CONSTRAINT", "UNIQUE"]) {
                    constraint = Some(self.constraint(|_| Ok(Vec::new()))?);
                } else {
                    self.note("PRIMARY KEY");
                }
                ColumnKind::Physical(data_type)
            }
        };
        let comment = self.comment()?;
        let position = if place == ElementPlace::Alter { self.column_position()? } else { None };
        Ok(ColumnDef { parents, name, kind, constraint, comment, position, span: self.since(start) })
    }

    fn column_position(&mut self) -> Result<Option<ColumnPosition>> {
        if self.accept("FIRST") {
            return Ok(Some(ColumnPosition::First));
        }
        if self.accept("AFTER") {
            return self.object_named("a column").map(|column| Some(ColumnPosition::After(column)));
        }
        Ok(None)
    }

    /// `PARTITIONED BY (columns)`, if it is next.
    pub(super) fn partitioned_by(&mut self) -> Result<Vec<Ident>> {
        if !self.accept("PARTITIONED") {
            return Ok(Vec::new());
        }
        self.expect("BY")?;
        self.ident_list()
    }

    /// `DISTRIBUTED ...` or `DISTRIBUTION ...`, if it is next.
    pub(super) fn distribution_opt(&mut self, word: &'static str) -> Result<Option<Distribution>> {
        if !self.accept(word) {
            return Ok(None);
        }
        let start = self.previous();
        let (mut kind, mut columns) = (None, Vec::new());
        let by = self.accept("BY");
        if by {
            if self.accept("HASH") {
                kind = Some(DistributionKind::Hash);
            } else if self.accept("RANGE") {
                kind = Some(DistributionKind::Range);
            }
            columns = self.ident_list()?;
        }
        let mut buckets = None;
        if self.accept("INTO") {
            buckets = Some(self.unsigned("a number of buckets")?);
            self.expect("BUCKETS")?;
        } else if !by {
            return Err(self.unexpected());
        }
        Ok(Some(Distribution { kind, columns, buckets, span: self.since(start) }))
    }

    /// What follows `LIKE`.
    fn table_like(&mut self) -> Result<TableLike> {
        let start = self.previous();
        let table = self.object_named("a table")?;
        let mut options = Vec::new();
        if self.is(&TokenKind::LeftParen) {
            let opened = self.open()?;
            options.push(self.table_like_option()?);
            while !self.is(&TokenKind::RightParen) && !self.is(&TokenKind::Eof) {
                options.push(self.table_like_option()?);
            }
            self.close(opened)?;
        }
        Ok(TableLike { table, options, span: self.since(start) })
    }

    fn table_like_option(&mut self) -> Result<TableLikeOption> {
        const MERGING: [(&str, MergingStrategy); 3] = [
            ("INCLUDING", MergingStrategy::Including),
            ("EXCLUDING", MergingStrategy::Excluding),
            ("OVERWRITING", MergingStrategy::Overwriting),
        ];
        const FEATURES: [(&str, LikeFeature); 8] = [
            ("ALL", LikeFeature::All),
            ("CONSTRAINTS", LikeFeature::Constraints),
            ("DISTRIBUTION", LikeFeature::Distribution),
            ("GENERATED", LikeFeature::Generated),
            ("METADATA", LikeFeature::Metadata),
            ("OPTIONS", LikeFeature::Options),
            ("PARTITIONS", LikeFeature::Partitions),
            ("WATERMARKS", LikeFeature::Watermarks),
        ];
        let merging = self.one_of(&MERGING)?;
        Ok(TableLikeOption { merging, feature: self.one_of(&FEATURES)? })
    }

    /// What the next word stands for in a table of words.
    pub(super) fn one_of<T: Copy>(&mut self, words: &[(&'static str, T)]) -> Result<T> {
        match words.iter().find(|(word, _)| self.accept(word)) {
            Some((_, meaning)) => Ok(*meaning),
            None => Err(self.unexpected()),
        }
    }
}
