//! COMPILE PLAN and EXECUTE PLAN: a job that was planned, in a file, to be run as it was planned when the SQL or the planner has changed since.
//!
//! The file is flinkrs' own job graph as versioned JSON; Flink's plans cannot be read. The configuration is that of the session which executes it.

use std::path::{Path, PathBuf};

use common::config::options;
use dataflow::operator_spec::SPEC_VERSION;
use dataflow::{JobGraph, JobId};
use serde::{Deserialize, Serialize};

use super::{Outcome, Session};
use crate::ast::{CompilePlan, Span, StatementKind, Text};
use crate::error::SqlError;

/// Of the files that are written.
const PLAN_VERSION: u32 = 1;

/// A plan in a file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompiledPlan {
    flinkrs_plan_version: u32,
    job_graph: JobGraph,
}

impl Session {
    pub(super) fn compile_plan(&mut self, plan: &CompilePlan, text: &str, span: Span) -> Result<Outcome, SqlError> {
        if !matches!(plan.statement.kind, StatementKind::Insert(_) | StatementKind::StatementSet(_)) {
            return Err(SqlError::unsupported(
                "only an INSERT or a STATEMENT SET can be compiled",
                plan.statement.span,
            ));
        }
        let file = path(&plan.path.value);
        let force_recompile = options::TABLE_PLAN_FORCE_RECOMPILE.key();
        let forced = self.config.get(force_recompile).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if file.exists() {
            if plan.execute {
                return self.execute_plan(&plan.path);
            }
            if plan.if_not_exists {
                return Ok(Outcome::Done);
            }
            if !forced {
                let message = format!(
                    "Cannot overwrite the plan file '{}'. Either manually remove the file or, if you're debugging your job, set the option '{force_recompile}' to true.",
                    plan.path.value
                );
                return Err(SqlError::unsupported(message, plan.path.span));
            }
        }
        let outcome = self.execute(&plan.statement, text)?;
        let Outcome::Insert(job_graph) = outcome else {
            return Err(SqlError::unsupported("the statement starts no job", span));
        };
        let compiled = CompiledPlan { flinkrs_plan_version: PLAN_VERSION, job_graph: *job_graph };
        let json = serde_json::to_vec_pretty(&compiled).expect("a job graph is plain data");
        std::fs::write(&file, json).map_err(|error| broken(&plan.path, format_args!("cannot be written: {error}")))?;
        if plan.execute { Ok(Outcome::Insert(Box::new(compiled.job_graph))) } else { Ok(Outcome::Done) }
    }

    pub(super) fn execute_plan(&mut self, file: &Text) -> Result<Outcome, SqlError> {
        let json =
            std::fs::read(path(&file.value)).map_err(|error| broken(file, format_args!("cannot be read: {error}")))?;
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            flinkrs_plan_version: u32,
        }
        let unreadable = |error| {
            broken(file, format_args!("is no plan that flinkrs has compiled: {error}"))
                .with_hint("plans that Flink has compiled cannot be read; compile the statement with flinkrs")
        };
        let Version { flinkrs_plan_version } = serde_json::from_slice(&json).map_err(unreadable)?;
        if flinkrs_plan_version > PLAN_VERSION {
            return Err(broken(file, format_args!("was compiled by a newer flinkrs (version {flinkrs_plan_version})")));
        }
        let CompiledPlan { mut job_graph, .. } = serde_json::from_slice(&json).map_err(unreadable)?;
        if job_graph.version != SPEC_VERSION {
            let version = job_graph.version;
            return Err(broken(
                file,
                format_args!("has operators of version {version}, this flinkrs runs {SPEC_VERSION}"),
            ));
        }
        let settings = self.settings(file.span)?;
        job_graph.job_id = JobId::random();
        job_graph.config = self.config.clone();
        if let Some(name) = settings.job_name {
            job_graph.name = name;
        }
        Ok(Outcome::Insert(Box::new(job_graph)))
    }
}

/// A path or a `file:` URI.
fn path(text: &str) -> PathBuf {
    Path::new(text.strip_prefix("file://").unwrap_or(text)).to_owned()
}

fn broken(file: &Text, what: std::fmt::Arguments<'_>) -> SqlError {
    SqlError::unsupported(format!("The plan file '{}' {what}.", file.value), file.span)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn run(session: &mut Session, text: &str) -> Result<Outcome, SqlError> {
        let statement = crate::parser::parse_statement(text)?;
        session.execute(&statement, text)
    }

    fn session() -> Session {
        let mut session = Session::new(BTreeMap::new());
        for text in [
            "CREATE TABLE a (i INT) WITH ('connector' = 'datagen')",
            "CREATE TABLE b (i INT) WITH ('connector' = 'blackhole')",
        ] {
            run(&mut session, text).unwrap();
        }
        session
    }

    fn graph(outcome: Outcome) -> JobGraph {
        let Outcome::Insert(graph) = outcome else { panic!("no job: {outcome:?}") };
        *graph
    }

    #[test]
    fn a_plan_is_executed_as_it_was_compiled() {
        let folder = std::env::temp_dir().join(format!("flinkrs-plan-{:032x}", JobId::random().0));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("plan.json").display().to_string();
        let compile = format!("COMPILE PLAN '{file}' FOR INSERT INTO b SELECT i FROM a");
        let mut session = session();
        assert!(matches!(run(&mut session, &compile), Ok(Outcome::Done)));
        let again = run(&mut session, &compile).unwrap_err();
        assert!(again.message.contains("Cannot overwrite the plan file"), "{again}");
        let keep = compile.replace("' FOR", "' IF NOT EXISTS FOR");
        assert!(matches!(run(&mut session, &keep), Ok(Outcome::Done)));
        run(&mut session, "DROP TABLE a").unwrap();
        run(&mut session, "SET 'pipeline.name' = 'again'").unwrap();
        let first = graph(run(&mut session, &format!("EXECUTE PLAN '{file}'")).unwrap());
        let second = graph(run(&mut session, &format!("EXECUTE PLAN 'file://{file}'")).unwrap());
        assert_ne!(first.job_id, second.job_id);
        assert_eq!((first.name.as_str(), &first.vertices), ("again", &second.vertices));
        let both = format!("COMPILE AND EXECUTE PLAN '{file}' FOR INSERT INTO b SELECT i FROM a");
        assert_eq!(graph(run(&mut session, &both).unwrap()).vertices, first.vertices);
        std::fs::write(&file, r#"{"flinkVersion": "2.3"}"#).unwrap();
        let foreign = run(&mut session, &format!("EXECUTE PLAN '{file}'")).unwrap_err();
        assert!(foreign.message.contains("is no plan that flinkrs has compiled"), "{foreign}");
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(run(&mut session, &format!("EXECUTE PLAN '{file}'")).unwrap_err().message.contains("cannot be read"));
    }
}
