//! Statements: which one begins here, and those that are too small for a file of their own.

use super::cursor::{Parser, Result};
use crate::ast::{Analyze, AnalyzeColumns, CompilePlan, KeyValue, Span, Statement, StatementKind, Text};
use crate::error::SqlError;
use crate::lexer::TokenKind;

/// The words that begin a statement.
const FIRST_WORDS: [&str; 32] = [
    "SELECT", "INSERT", "CREATE", "WITH", "VALUES", "SHOW", "DESCRIBE", "DROP", "ALTER", "SET", "RESET", "USE",
    "EXPLAIN", "EXECUTE", "BEGIN", "END", "ADD", "REMOVE", "LOAD", "UNLOAD", "CALL", "COMPILE", "STOP", "ANALYZE",
    "TRUNCATE", "UPDATE", "DELETE", "UPSERT", "REPLACE", "DESC", "TABLE", "MERGE",
];

impl Parser<'_> {
    /// Statements up to the end, separated by `;`.
    pub(super) fn statements(&mut self) -> Result<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            while self.is(&TokenKind::Semicolon) {
                self.advance();
            }
            if self.is(&TokenKind::Eof) {
                return Ok(statements);
            }
            statements.push(self.statement()?);
            if !self.is(&TokenKind::Eof) {
                self.expect_kind(&TokenKind::Semicolon)?;
            }
        }
    }

    /// One statement, without the `;`.
    pub(super) fn statement(&mut self) -> Result<Statement> {
        self.nested(|p| {
            let start = p.here();
            let kind = p.statement_kind()?;
            Ok(Statement { kind, span: p.since(start) })
        })
    }

    /// Fails unless the text ends here.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.is(&TokenKind::Eof) { Ok(()) } else { Err(self.unexpected_instead_of("the end")) }
    }

    fn statement_kind(&mut self) -> Result<StatementKind> {
        if self.is(&TokenKind::LeftParen) || self.is_query_start() {
            return self.query().map(StatementKind::Query);
        }
        let word = self.word_at(0).unwrap_or("").to_ascii_uppercase();
        match word.as_str() {
            "CREATE" => self.create(),
            "REPLACE" => self.replace_table(),
            "DROP" => self.drop(),
            "ALTER" => self.alter(),
            "INSERT" | "UPSERT" => self.insert().map(|insert| StatementKind::Insert(Box::new(insert))),
            "UPDATE" => self.update(),
            "DELETE" => self.delete(),
            "MERGE" => Err(SqlError::unsupported("MERGE is not supported", self.here())
                .with_hint("write the rows with INSERT INTO a table that has a primary key")
                .into()),
            "EXECUTE" => self.execute(),
            "COMPILE" => self.compile_plan(),
            "EXPLAIN" => self.explain(),
            "DESCRIBE" | "DESC" => self.describe(),
            "SHOW" => self.show(),
            "USE" => self.use_statement(),
            "SET" | "RESET" => self.set_or_reset(),
            _ => self.small_statement(&word),
        }
    }

    fn small_statement(&mut self, word: &str) -> Result<StatementKind> {
        match word {
            "BEGIN" => {
                self.expect_words("BEGIN STATEMENT SET")?;
                Ok(StatementKind::BeginStatementSet)
            }
            "END" => {
                self.expect("END")?;
                Ok(StatementKind::EndStatementSet)
            }
            "ADD" => {
                self.expect_words("ADD JAR")?;
                self.text().map(StatementKind::AddJar)
            }
            "REMOVE" => {
                self.expect_words("REMOVE JAR")?;
                self.text().map(StatementKind::RemoveJar)
            }
            "LOAD" => {
                self.expect_words("LOAD MODULE")?;
                let name = self.named("a module")?;
                Ok(StatementKind::LoadModule { name, options: self.with_options()? })
            }
            "UNLOAD" => {
                self.expect_words("UNLOAD MODULE")?;
                self.named("a module").map(StatementKind::UnloadModule)
            }
            "CALL" => {
                self.expect("CALL")?;
                let name = self.object_named("a procedure")?;
                if !self.is(&TokenKind::LeftParen) {
                    return Err(self.unexpected_instead_of("("));
                }
                self.call(name).map(StatementKind::Call)
            }
            "STOP" => self.stop_job(),
            "ANALYZE" => self.analyze(),
            "TRUNCATE" => {
                self.expect_words("TRUNCATE TABLE")?;
                self.object_named("a table").map(StatementKind::Truncate)
            }
            _ => Err(self.no_statement()),
        }
    }

    /// No statement begins here.
    fn no_statement(&mut self) -> Box<SqlError> {
        FIRST_WORDS.iter().for_each(|word| self.note(word));
        let mut error = self.unexpected();
        if error.incomplete {
            error.message = "there is no statement".to_string();
        } else if self.lex_error_here().is_none() {
            error.message = format!("no statement begins with '{}'", self.slice(self.peek()));
        }
        error
    }

    fn use_statement(&mut self) -> Result<StatementKind> {
        self.expect("USE")?;
        if self.is_word("CATALOG") && !self.is_at(1, &TokenKind::Dot) {
            self.advance();
            return self.named("a catalog").map(StatementKind::UseCatalog);
        }
        if self.accept("MODULES") {
            return self.list(|p| p.named("a module")).map(StatementKind::UseModules);
        }
        self.note("CATALOG");
        self.object_named("a database").map(StatementKind::UseDatabase)
    }

    fn set_or_reset(&mut self) -> Result<StatementKind> {
        let set = self.is_word("SET");
        self.advance();
        let bare = self.is(&TokenKind::Eof) || self.is(&TokenKind::Semicolon);
        let quoted = matches!(self.kind(), TokenKind::String { .. });
        if !bare && !quoted && !matches!(self.kind(), TokenKind::Word) {
            let form = if set { "SET 'key' = 'value'" } else { "RESET 'key'" };
            let error = *self.unexpected_instead_of("a 'string'");
            return Err(error.with_hint(format!("keys and values stand in single quotes: {form}")).into());
        }
        Ok(match (set, bare) {
            (true, true) => StatementKind::Set(None),
            (true, false) if quoted => StatementKind::Set(Some(self.key_value()?)),
            (true, false) => {
                let key = self.unquoted(true)?;
                self.expect_kind(&TokenKind::Eq)?;
                let value =
                    if matches!(self.kind(), TokenKind::String { .. }) { self.text()? } else { self.unquoted(false)? };
                StatementKind::Set(Some(KeyValue { key, value }))
            }
            (false, true) => StatementKind::Reset(None),
            (false, false) if quoted => StatementKind::Reset(Some(self.text()?)),
            (false, false) => StatementKind::Reset(Some(self.unquoted(true)?)),
        })
    }

    /// A key or value without quotes, as older scripts have them: all that stands there without a blank, a key up to its `=`.
    fn unquoted(&mut self, is_key: bool) -> Result<Text> {
        let start = self.here();
        let mut end = start.start;
        let is_end = |parser: &Self| {
            matches!(
                parser.kind(),
                TokenKind::Eof | TokenKind::Semicolon | TokenKind::String { .. } | TokenKind::Invalid
            ) || (is_key && parser.is(&TokenKind::Eq))
        };
        while !is_end(self) && (end == start.start || self.here().start == end) {
            end = self.advance().span.end;
        }
        if end == start.start {
            return Err(self.unexpected_instead_of("a 'string'"));
        }
        let span = Span::new(start.start, end);
        Ok(Text { value: span.slice(self.text).to_owned(), span })
    }

    fn stop_job(&mut self) -> Result<StatementKind> {
        self.expect_words("STOP JOB")?;
        let job_id = self.text()?;
        let with_savepoint = self.accept_words("WITH SAVEPOINT");
        let with_drain = self.accept_words("WITH DRAIN");
        Ok(StatementKind::StopJob { job_id, with_savepoint, with_drain })
    }

    fn analyze(&mut self) -> Result<StatementKind> {
        self.expect_words("ANALYZE TABLE")?;
        let table = self.object_named("a table")?;
        let partition = self.partition_opt()?;
        self.expect_words("COMPUTE STATISTICS")?;
        let columns = if !self.accept("FOR") {
            AnalyzeColumns::None
        } else if self.accept("ALL") {
            self.expect("COLUMNS")?;
            AnalyzeColumns::All
        } else {
            self.expect("COLUMNS")?;
            AnalyzeColumns::Named(self.list(|p| p.named("a column"))?)
        };
        Ok(StatementKind::Analyze(Box::new(Analyze { table, partition, columns })))
    }

    /// `EXECUTE PLAN '...'`, or `EXECUTE` before an insert, a query or a statement set.
    fn execute(&mut self) -> Result<StatementKind> {
        self.expect("EXECUTE")?;
        if self.accept("PLAN") {
            return self.text().map(StatementKind::ExecutePlan);
        }
        self.runnable().map(|statement| StatementKind::Execute(Box::new(statement)))
    }

    /// `COMPILE [AND EXECUTE] PLAN '...' [IF NOT EXISTS] FOR ...`
    fn compile_plan(&mut self) -> Result<StatementKind> {
        self.expect("COMPILE")?;
        let execute = self.accept("AND");
        if execute {
            self.expect("EXECUTE")?;
        }
        self.expect("PLAN")?;
        let path = self.text()?;
        let if_not_exists = !execute && self.if_not_exists();
        self.expect("FOR")?;
        let statement = Box::new(self.runnable()?);
        Ok(StatementKind::CompilePlan(Box::new(CompilePlan { path, if_not_exists, execute, statement })))
    }

    /// What a job can be made of: an insert, a query or a statement set.
    pub(super) fn runnable(&mut self) -> Result<Statement> {
        if self.is_word("STATEMENT") {
            return self.statement_set();
        }
        if self.is_one_of(&["INSERT", "UPSERT"]) || self.is(&TokenKind::LeftParen) || self.is_query_start() {
            return self.statement();
        }
        ["INSERT", "SELECT", "STATEMENT SET"].iter().for_each(|word| self.note(word));
        Err(self.unexpected())
    }
}
