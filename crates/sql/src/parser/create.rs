//! Every `CREATE` but that of tables, and every `DROP`.

use super::cursor::{Parser, Result};
use crate::ast::{
    CreateCatalog, CreateConnection, CreateDatabase, CreateFunction, CreateMaterializedTable, CreateMode, CreateModel,
    CreateView, Drop, DropBehavior, FunctionLanguage, ModelColumn, ObjectKind, ObjectName, RefreshMode, Resource,
    ResourceKind, Span, StartMode, StatementKind, ViewColumn,
};
use crate::error::SqlError;
use crate::lexer::TokenKind;

/// The words between `CREATE` or `DROP` and the kind of object.
struct Modifiers {
    mode: CreateMode,
    temporary: bool,
    system: bool,
    span: Span,
}

impl Modifiers {
    /// Refuses a word that does not fit the object.
    fn check(&self, object: &str, may_replace: bool, may_be_temporary: bool, may_be_system: bool) -> Result<()> {
        let words = match self.mode {
            CreateMode::CreateOrReplace if !may_replace => "OR REPLACE",
            CreateMode::CreateOrAlter if object != "MATERIALIZED TABLE" => "OR ALTER",
            _ if self.temporary && !may_be_temporary => "TEMPORARY",
            _ if self.system && !may_be_system => "SYSTEM",
            _ if self.system && !self.temporary => {
                let error = SqlError::parse(format!("a SYSTEM {object} can only be TEMPORARY"), self.span);
                return Err(error.with_hint(format!("write TEMPORARY SYSTEM {object}")).into());
            }
            _ => return Ok(()),
        };
        Err(SqlError::parse(format!("{words} does not apply to a {object}"), self.span)
            .with_hint(format!("leave out {words}"))
            .into())
    }
}

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Result<StatementKind> {
        let start = self.expect("CREATE")?;
        let mode = if self.accept_words("OR REPLACE") {
            CreateMode::CreateOrReplace
        } else if self.accept_words("OR ALTER") {
            CreateMode::CreateOrAlter
        } else {
            CreateMode::Create
        };
        let temporary = self.accept("TEMPORARY");
        let system = self.accept("SYSTEM");
        let words = Modifiers { mode, temporary, system, span: self.since(start) };
        if self.is_word("TABLE") {
            words.check("TABLE", true, true, false)?;
            return self.create_table(mode, temporary);
        }
        if self.accept("VIEW") {
            words.check("VIEW", true, true, false)?;
            return self.create_view(&words);
        }
        if self.accept("FUNCTION") {
            words.check("FUNCTION", false, true, true)?;
            return self.create_function(&words);
        }
        if self.accept("CATALOG") {
            words.check("CATALOG", false, false, false)?;
            return self.create_catalog();
        }
        if self.accept("DATABASE") {
            words.check("DATABASE", false, false, false)?;
            return self.create_database();
        }
        if self.accept("MODEL") {
            words.check("MODEL", false, true, false)?;
            return self.create_model(&words);
        }
        if self.accept("CONNECTION") {
            words.check("CONNECTION", false, true, true)?;
            return self.create_connection(&words);
        }
        if self.accept("MATERIALIZED") {
            words.check("MATERIALIZED TABLE", true, false, false)?;
            return self.create_materialized_table(&words);
        }
        self.note("TABLE");
        Err(self.unexpected())
    }

    fn create_view(&mut self, words: &Modifiers) -> Result<StatementKind> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_named("a view")?;
        let columns = if self.is(&TokenKind::LeftParen) {
            self.parenthesized(|p| Ok(ViewColumn { name: p.named("a column")?, comment: p.comment()? }))?
        } else {
            Vec::new()
        };
        let comment = self.comment()?;
        self.expect("AS")?;
        let query = self.query()?;
        Ok(StatementKind::CreateView(Box::new(CreateView {
            or_replace: words.mode == CreateMode::CreateOrReplace,
            temporary: words.temporary,
            if_not_exists,
            name,
            columns,
            comment,
            query,
        })))
    }

    fn create_function(&mut self, words: &Modifiers) -> Result<StatementKind> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_named("a function")?;
        self.expect("AS")?;
        let class = self.text()?;
        let language = self.function_language()?;
        let resources = if self.accept("USING") { self.list(Self::resource)? } else { Vec::new() };
        Ok(StatementKind::CreateFunction(Box::new(CreateFunction {
            temporary: words.temporary,
            system: words.system,
            if_not_exists,
            name,
            class,
            language,
            resources,
        })))
    }

    /// `LANGUAGE ...`, if it is next.
    pub(super) fn function_language(&mut self) -> Result<Option<FunctionLanguage>> {
        const LANGUAGES: [(&str, FunctionLanguage); 4] = [
            ("JAVA", FunctionLanguage::Java),
            ("SCALA", FunctionLanguage::Scala),
            ("SQL", FunctionLanguage::Sql),
            ("PYTHON", FunctionLanguage::Python),
        ];
        if self.accept("LANGUAGE") { self.one_of(&LANGUAGES).map(Some) } else { Ok(None) }
    }

    fn resource(&mut self) -> Result<Resource> {
        const KINDS: [(&str, ResourceKind); 3] =
            [("JAR", ResourceKind::Jar), ("FILE", ResourceKind::File), ("ARTIFACT", ResourceKind::Artifact)];
        let kind = self.one_of(&KINDS)?;
        Ok(Resource { kind, path: self.text()? })
    }

    fn create_catalog(&mut self) -> Result<StatementKind> {
        let if_not_exists = self.if_not_exists();
        let name = self.named("a catalog")?;
        let comment = self.comment()?;
        let options = self.with_options()?;
        Ok(StatementKind::CreateCatalog(Box::new(CreateCatalog { if_not_exists, name, comment, options })))
    }

    fn create_database(&mut self) -> Result<StatementKind> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_named("a database")?;
        let comment = self.comment()?;
        let options = self.with_options()?;
        Ok(StatementKind::CreateDatabase(Box::new(CreateDatabase { if_not_exists, name, comment, options })))
    }

    fn create_model(&mut self, words: &Modifiers) -> Result<StatementKind> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_named("a model")?;
        let input = if self.accept("INPUT") { self.model_columns()? } else { Vec::new() };
        let output = if self.accept("OUTPUT") { self.model_columns()? } else { Vec::new() };
        let comment = self.comment()?;
        let options = self.with_options()?;
        let as_query = if self.accept("AS") { Some(self.query()?) } else { None };
        Ok(StatementKind::CreateModel(Box::new(CreateModel {
            temporary: words.temporary,
            if_not_exists,
            name,
            input,
            output,
            comment,
            options,
            as_query,
        })))
    }

    fn model_columns(&mut self) -> Result<Vec<ModelColumn>> {
        self.parenthesized(|p| {
            let name = p.named("a column")?;
            let data_type = p.data_type()?;
            Ok(ModelColumn { name, data_type, comment: p.comment()? })
        })
    }

    fn create_connection(&mut self, words: &Modifiers) -> Result<StatementKind> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_named("a connection")?;
        let comment = self.comment()?;
        let options = self.with_options()?;
        Ok(StatementKind::CreateConnection(Box::new(CreateConnection {
            temporary: words.temporary,
            system: words.system,
            if_not_exists,
            name,
            comment,
            options,
        })))
    }

    fn create_materialized_table(&mut self, words: &Modifiers) -> Result<StatementKind> {
        self.expect("TABLE")?;
        let if_not_exists = self.if_not_exists();
        let name = self.object_named("a table")?;
        let schema = self.table_schema_opt()?;
        let comment = self.comment()?;
        let distribution = self.distribution_opt("DISTRIBUTED")?;
        let partitioned_by = self.partitioned_by()?;
        let options = self.with_options()?;
        let freshness = if self.accept("FRESHNESS") { Some(self.assigned_expr()?) } else { None };
        let refresh_mode = if self.accept("REFRESH_MODE") { Some(self.refresh_mode()?) } else { None };
        let start_mode = self.start_mode()?;
        self.expect("AS")?;
        let query = self.query()?;
        Ok(StatementKind::CreateMaterializedTable(Box::new(CreateMaterializedTable {
            mode: words.mode,
            if_not_exists,
            name,
            schema,
            comment,
            distribution,
            partitioned_by,
            options,
            freshness,
            refresh_mode,
            start_mode,
            query,
        })))
    }

    /// `= expr`
    pub(super) fn assigned_expr(&mut self) -> Result<crate::ast::Expr> {
        self.expect_kind(&TokenKind::Eq)?;
        self.expr()
    }

    /// `= CONTINUOUS | FULL`
    pub(super) fn refresh_mode(&mut self) -> Result<RefreshMode> {
        self.expect_kind(&TokenKind::Eq)?;
        self.one_of(&[("CONTINUOUS", RefreshMode::Continuous), ("FULL", RefreshMode::Full)])
    }

    /// `START_MODE = ...`, if it is next.
    pub(super) fn start_mode(&mut self) -> Result<Option<StartMode>> {
        if !self.accept("START_MODE") {
            return Ok(None);
        }
        self.expect_kind(&TokenKind::Eq)?;
        let mode = if self.accept("FROM_BEGINNING") {
            StartMode::FromBeginning
        } else if self.accept("FROM_NOW") {
            StartMode::FromNow(self.mode_argument_opt()?)
        } else if self.accept("FROM_TIMESTAMP") {
            StartMode::FromTimestamp(self.mode_argument()?)
        } else if self.accept("RESUME_OR_FROM_BEGINNING") {
            StartMode::ResumeOrFromBeginning
        } else if self.accept("RESUME_OR_FROM_NOW") {
            StartMode::ResumeOrFromNow(self.mode_argument_opt()?)
        } else if self.accept("RESUME_OR_FROM_TIMESTAMP") {
            StartMode::ResumeOrFromTimestamp(self.mode_argument()?)
        } else {
            return Err(self.unexpected());
        };
        Ok(Some(mode))
    }

    fn mode_argument_opt(&mut self) -> Result<Option<crate::ast::Expr>> {
        if self.is(&TokenKind::LeftParen) { self.mode_argument().map(Some) } else { Ok(None) }
    }

    fn mode_argument(&mut self) -> Result<crate::ast::Expr> {
        let opened = self.open()?;
        let argument = self.expr()?;
        self.close(opened)?;
        Ok(argument)
    }

    pub(super) fn drop(&mut self) -> Result<StatementKind> {
        let start = self.expect("DROP")?;
        let temporary = self.accept("TEMPORARY");
        let system = self.accept("SYSTEM");
        let words = Modifiers { mode: CreateMode::Create, temporary, system, span: self.since(start) };
        const KINDS: [(&str, ObjectKind); 8] = [
            ("TABLE", ObjectKind::Table),
            ("VIEW", ObjectKind::View),
            ("FUNCTION", ObjectKind::Function),
            ("DATABASE", ObjectKind::Database),
            ("CATALOG", ObjectKind::Catalog),
            ("MODEL", ObjectKind::Model),
            ("CONNECTION", ObjectKind::Connection),
            ("MATERIALIZED", ObjectKind::MaterializedTable),
        ];
        let object = self.one_of(&KINDS)?;
        if object == ObjectKind::MaterializedTable {
            self.expect("TABLE")?;
        }
        let may_be_system = matches!(object, ObjectKind::Function | ObjectKind::Connection);
        let lasting = matches!(object, ObjectKind::Database | ObjectKind::Catalog | ObjectKind::MaterializedTable);
        words.check(object.words(), false, !lasting, may_be_system)?;
        let if_exists = self.if_exists();
        let name: ObjectName = self.object_name()?;
        let behavior = if object != ObjectKind::Database {
            None
        } else if self.accept("CASCADE") {
            Some(DropBehavior::Cascade)
        } else if self.accept("RESTRICT") {
            Some(DropBehavior::Restrict)
        } else {
            None
        };
        let span = self.since(start);
        Ok(StatementKind::Drop(Box::new(Drop { object, temporary, system, if_exists, name, behavior, span })))
    }
}
