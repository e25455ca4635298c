//! Statements as a whole, and those without a file of their own.

use std::fmt::{Display, Formatter, Result};

use super::create::write_options;
use super::name::{write_hints, write_partition};
use super::{Joined, commas, flag, write_opt};
use crate::ast::{
    Analyze, AnalyzeColumns, CompilePlan, Delete, Describe, DescribeTarget, Explain, ExplainDetail, Expr, Ident,
    Insert, InsertMode, ObjectKind, OnConflict, Show, ShowLike, Statement, StatementKind, StatementSet, Update,
};

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.kind.fmt(f)
    }
}

impl Display for StatementKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            StatementKind::Query(query) => query.fmt(f),
            StatementKind::CreateTable(create) => create.fmt(f),
            StatementKind::CreateView(create) => create.fmt(f),
            StatementKind::CreateMaterializedTable(create) => create.fmt(f),
            StatementKind::CreateFunction(create) => create.fmt(f),
            StatementKind::CreateCatalog(create) => create.fmt(f),
            StatementKind::CreateDatabase(create) => create.fmt(f),
            StatementKind::CreateModel(create) => create.fmt(f),
            StatementKind::CreateConnection(create) => create.fmt(f),
            StatementKind::Drop(drop) => drop.fmt(f),
            StatementKind::AlterTable(alter) => alter.fmt(f),
            StatementKind::AlterView(alter) => alter.fmt(f),
            StatementKind::AlterCatalog(alter) => alter.fmt(f),
            StatementKind::AlterDatabase(alter) => alter.fmt(f),
            StatementKind::AlterFunction(alter) => alter.fmt(f),
            StatementKind::AlterModel(alter) => alter.fmt(f),
            StatementKind::AlterConnection(alter) => alter.fmt(f),
            StatementKind::AlterMaterializedTable(alter) => alter.fmt(f),
            StatementKind::Insert(insert) => insert.fmt(f),
            StatementKind::Update(update) => update.fmt(f),
            StatementKind::Delete(delete) => delete.fmt(f),
            StatementKind::Truncate(table) => write!(f, "TRUNCATE TABLE {table}"),
            StatementKind::StatementSet(set) => set.fmt(f),
            StatementKind::BeginStatementSet => f.write_str("BEGIN STATEMENT SET"),
            StatementKind::EndStatementSet => f.write_str("END"),
            StatementKind::Execute(statement) => write!(f, "EXECUTE {statement}"),
            StatementKind::Explain(explain) => explain.fmt(f),
            StatementKind::Describe(describe) => describe.fmt(f),
            StatementKind::Show(show) => write!(f, "SHOW {show}"),
            StatementKind::Analyze(analyze) => analyze.fmt(f),
            StatementKind::CompilePlan(compile) => compile.fmt(f),
            StatementKind::ExecutePlan(path) => write!(f, "EXECUTE PLAN {path}"),
            StatementKind::Call(call) => write!(f, "CALL {call}"),
            _ => write_session_statement(f, self),
        }
    }
}

/// Statements that change the session.
fn write_session_statement(f: &mut Formatter<'_>, kind: &StatementKind) -> Result {
    match kind {
        StatementKind::UseCatalog(name) => write!(f, "USE CATALOG {name}"),
        StatementKind::UseDatabase(name) => write!(f, "USE {name}"),
        StatementKind::UseModules(names) => write!(f, "USE MODULES {}", commas(names)),
        StatementKind::LoadModule { name, options } => {
            write!(f, "LOAD MODULE {name}")?;
            write_options(f, options)
        }
        StatementKind::UnloadModule(name) => write!(f, "UNLOAD MODULE {name}"),
        StatementKind::Set(pair) => {
            f.write_str("SET")?;
            write_opt(f, " ", pair.as_ref(), "")
        }
        StatementKind::Reset(key) => {
            f.write_str("RESET")?;
            write_opt(f, " ", key.as_ref(), "")
        }
        StatementKind::AddJar(path) => write!(f, "ADD JAR {path}"),
        StatementKind::RemoveJar(path) => write!(f, "REMOVE JAR {path}"),
        StatementKind::StopJob { job_id, with_savepoint, with_drain } => {
            let savepoint = flag(*with_savepoint, " WITH SAVEPOINT");
            write!(f, "STOP JOB {job_id}{savepoint}{}", flag(*with_drain, " WITH DRAIN"))
        }
        _ => unreachable!("every other statement is written where it is matched"),
    }
}

impl Display for Insert {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let words = match self.mode {
            InsertMode::Into => "INSERT INTO",
            InsertMode::Overwrite => "INSERT OVERWRITE",
            InsertMode::Upsert => "UPSERT INTO",
        };
        write!(f, "{words} {}", self.table)?;
        write_hints(f, &self.hints)?;
        write_partition(f, &self.partition)?;
        if !self.columns.is_empty() {
            write!(f, " ({})", commas(&self.columns))?;
        }
        write!(f, " {}", self.query)?;
        match self.on_conflict {
            Some(OnConflict::Nothing) => f.write_str(" ON CONFLICT DO NOTHING"),
            Some(OnConflict::Error) => f.write_str(" ON CONFLICT DO ERROR"),
            Some(OnConflict::Deduplicate) => f.write_str(" ON CONFLICT DO DEDUPLICATE"),
            None => Ok(()),
        }
    }
}

impl Display for StatementSet {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "STATEMENT SET BEGIN {}; END", Joined(&self.inserts, "; "))
    }
}

/// `column = value`
struct Assignment<'a>(&'a (Ident, Expr));

impl Display for Assignment<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} = {}", self.0.0, self.0.1)
    }
}

impl Display for Update {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "UPDATE {}", self.table)?;
        write_opt(f, " AS ", self.alias.as_ref(), "")?;
        write!(f, " SET {}", commas(&self.assignments.iter().map(Assignment).collect::<Vec<_>>()))?;
        write_opt(f, " WHERE ", self.selection.as_ref(), "")
    }
}

impl Display for Delete {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "DELETE FROM {}", self.table)?;
        write_opt(f, " AS ", self.alias.as_ref(), "")?;
        write_opt(f, " WHERE ", self.selection.as_ref(), "")
    }
}

impl Display for Explain {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let details: Vec<&str> = self.details.iter().map(|detail: &ExplainDetail| detail.word()).collect();
        f.write_str("EXPLAIN ")?;
        if !details.is_empty() {
            write!(f, "{} ", commas(&details))?;
        }
        self.statement.fmt(f)
    }
}

impl Display for Describe {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("DESCRIBE ")?;
        if self.object != ObjectKind::Table {
            write!(f, "{} ", self.object.words())?;
        }
        f.write_str(flag(self.extended, "EXTENDED "))?;
        match &self.target {
            DescribeTarget::Name(name) => name.fmt(f),
            DescribeTarget::JobId(id) => id.fmt(f),
        }
    }
}

impl Display for Show {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Show::CurrentCatalog => f.write_str("CURRENT CATALOG"),
            Show::CurrentDatabase => f.write_str("CURRENT DATABASE"),
            Show::List { what, from, like } => {
                f.write_str(what.words())?;
                write_opt(f, " FROM ", from.as_ref(), "")?;
                write_opt(f, " ", like.as_ref(), "")
            }
            Show::Columns { table, like } => {
                write!(f, "COLUMNS FROM {table}")?;
                write_opt(f, " ", like.as_ref(), "")
            }
            Show::Partitions { table, partition } => {
                write!(f, "PARTITIONS {table}")?;
                write_partition(f, partition)
            }
            Show::Create { object, or_alter, name } => {
                write!(f, "CREATE {}{} {name}", flag(*or_alter, "OR ALTER "), object.words())
            }
            Show::Modules { full } => write!(f, "{}MODULES", flag(*full, "FULL ")),
            Show::Jars => f.write_str("JARS"),
            Show::Jobs => f.write_str("JOBS"),
        }
    }
}

impl Display for ShowLike {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let word = if self.ignore_case { "ILIKE" } else { "LIKE" };
        write!(f, "{}{word} {}", flag(self.negated, "NOT "), self.pattern)
    }
}

impl Display for Analyze {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "ANALYZE TABLE {}", self.table)?;
        write_partition(f, &self.partition)?;
        f.write_str(" COMPUTE STATISTICS")?;
        match &self.columns {
            AnalyzeColumns::None => Ok(()),
            AnalyzeColumns::All => f.write_str(" FOR ALL COLUMNS"),
            AnalyzeColumns::Named(columns) => write!(f, " FOR COLUMNS {}", commas(columns)),
        }
    }
}

impl Display for CompilePlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let check = flag(self.if_not_exists, " IF NOT EXISTS");
        write!(f, "COMPILE {}PLAN {}{check} FOR {}", flag(self.execute, "AND EXECUTE "), self.path, self.statement)
    }
}
