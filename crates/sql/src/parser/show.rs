//! `SHOW`, `DESCRIBE` and `EXPLAIN`.

use super::cursor::{Parser, Result};
use crate::ast::{
    Describe, DescribeTarget, Explain, ExplainDetail, ObjectKind, Show, ShowLike, ShowList, StatementKind,
};
use crate::error::SqlError;
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub(super) fn show(&mut self) -> Result<StatementKind> {
        self.expect("SHOW")?;
        self.show_kind().map(|show| StatementKind::Show(Box::new(show)))
    }

    fn show_kind(&mut self) -> Result<Show> {
        if self.accept("CURRENT") {
            if self.accept("CATALOG") {
                return Ok(Show::CurrentCatalog);
            }
            self.expect("DATABASE")?;
            return Ok(Show::CurrentDatabase);
        }
        if self.accept("CREATE") {
            return self.show_create();
        }
        if self.accept("COLUMNS") {
            if !self.accept("FROM") {
                self.expect("IN")?;
            }
            let table = self.object_named("a table")?;
            return Ok(Show::Columns { table, like: self.show_like()? });
        }
        if self.accept("PARTITIONS") {
            let table = self.object_named("a table")?;
            return Ok(Show::Partitions { table, partition: self.partition_opt()? });
        }
        if self.accept("FULL") {
            self.expect("MODULES")?;
            return Ok(Show::Modules { full: true });
        }
        if self.accept("MODULES") {
            return Ok(Show::Modules { full: false });
        }
        if self.accept("JARS") {
            return Ok(Show::Jars);
        }
        if self.accept("JOBS") {
            return Ok(Show::Jobs);
        }
        self.show_list()
    }

    fn show_list(&mut self) -> Result<Show> {
        const LISTS: [(&str, ShowList); 10] = [
            ("TABLES", ShowList::Tables),
            ("VIEWS", ShowList::Views),
            ("DATABASES", ShowList::Databases),
            ("CATALOGS", ShowList::Catalogs),
            ("FUNCTIONS", ShowList::Functions),
            ("USER", ShowList::UserFunctions),
            ("PROCEDURES", ShowList::Procedures),
            ("MODELS", ShowList::Models),
            ("CONNECTIONS", ShowList::Connections),
            ("MATERIALIZED", ShowList::MaterializedTables),
        ];
        let what = self.one_of(&LISTS)?;
        match what {
            ShowList::UserFunctions => self.expect("FUNCTIONS")?,
            ShowList::MaterializedTables => self.expect("TABLES")?,
            _ => self.previous(),
        };
        let scoped = what != ShowList::Catalogs && (self.accept("FROM") || self.accept("IN"));
        let from = if scoped { Some(self.object_named("a database")?) } else { None };
        Ok(Show::List { what, from, like: self.show_like()? })
    }

    fn show_create(&mut self) -> Result<Show> {
        const KINDS: [(&str, ObjectKind); 6] = [
            ("TABLE", ObjectKind::Table),
            ("VIEW", ObjectKind::View),
            ("CATALOG", ObjectKind::Catalog),
            ("MODEL", ObjectKind::Model),
            ("CONNECTION", ObjectKind::Connection),
            ("MATERIALIZED", ObjectKind::MaterializedTable),
        ];
        let or_alter = self.accept_words("OR ALTER");
        let object = if or_alter {
            self.expect("MATERIALIZED")?;
            ObjectKind::MaterializedTable
        } else {
            self.one_of(&KINDS)?
        };
        if object == ObjectKind::MaterializedTable {
            self.expect("TABLE")?;
        }
        Ok(Show::Create { object, or_alter, name: self.object_name()? })
    }

    /// `[NOT] LIKE '...'` or `[NOT] ILIKE '...'`, if it is next.
    fn show_like(&mut self) -> Result<Option<ShowLike>> {
        let negated = self.accept("NOT");
        let ignore_case = self.accept("ILIKE");
        if !ignore_case && !self.accept("LIKE") {
            return if negated { Err(self.unexpected()) } else { Ok(None) };
        }
        Ok(Some(ShowLike { negated, ignore_case, pattern: self.text()? }))
    }

    pub(super) fn describe(&mut self) -> Result<StatementKind> {
        self.advance();
        if self.is_word("JOB") && matches!(self.peek_at(1).kind, TokenKind::String { .. }) {
            self.advance();
            let target = DescribeTarget::JobId(self.text()?);
            let describe = Describe { object: ObjectKind::Job, extended: false, target };
            return Ok(StatementKind::Describe(Box::new(describe)));
        }
        let object = self.described_object();
        let extended = self.accept("EXTENDED");
        let target = DescribeTarget::Name(self.object_name()?);
        Ok(StatementKind::Describe(Box::new(Describe { object, extended, target })))
    }

    /// The kind of object before the name; before a dot they are part of a name.
    fn described_object(&mut self) -> ObjectKind {
        const KINDS: [(&str, ObjectKind); 5] = [
            ("CATALOG", ObjectKind::Catalog),
            ("DATABASE", ObjectKind::Database),
            ("FUNCTION", ObjectKind::Function),
            ("MODEL", ObjectKind::Model),
            ("CONNECTION", ObjectKind::Connection),
        ];
        let qualified = self.is_at(1, &TokenKind::Dot);
        match KINDS.iter().find(|(word, _)| !qualified && self.accept(word)) {
            Some((_, object)) => *object,
            None => {
                self.accept("TABLE");
                ObjectKind::Table
            }
        }
    }

    pub(super) fn explain(&mut self) -> Result<StatementKind> {
        self.expect("EXPLAIN")?;
        let mut details = Vec::new();
        if self.accept("PLAN") {
            self.expect("FOR")?;
        } else if self.is_explain_detail() {
            details = self.list(Self::explain_detail)?;
        }
        for word in ["ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE"] {
            self.note(word);
        }
        if let Some(twice) = (1..details.len()).find(|at| details[..*at].contains(&details[*at])) {
            let message = format!("{} stands twice in EXPLAIN", details[twice].word());
            return Err(SqlError::parse(message, self.previous()).with_hint("name each detail once").into());
        }
        let explainable = ["EXECUTE", "CREATE", "REPLACE", "UPDATE", "DELETE"];
        let statement = if self.is_one_of(&explainable) { self.statement()? } else { self.runnable()? };
        Ok(StatementKind::Explain(Box::new(Explain { details, statement: Box::new(statement) })))
    }

    fn is_explain_detail(&self) -> bool {
        DETAILS.iter().any(|detail| self.is_word(detail.word()))
    }

    fn explain_detail(&mut self) -> Result<ExplainDetail> {
        match DETAILS.iter().find(|detail| self.accept(detail.word())) {
            Some(detail) => Ok(*detail),
            None => Err(self.unexpected()),
        }
    }
}

const DETAILS: [ExplainDetail; 4] = [
    ExplainDetail::EstimatedCost,
    ExplainDetail::ChangelogMode,
    ExplainDetail::JsonExecutionPlan,
    ExplainDetail::PlanAdvice,
];
