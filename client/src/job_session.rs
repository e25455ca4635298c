//! `JobSession`: the SQL session of one job file. Statements are planned in it, a graph's parts are laid into it as tables and views; what becomes of the
//! plans is not known here.

use std::path::Path;

use anyhow::Context;
use common::config::Configuration;
use gateway::DurableCatalogs;
use sql::ast::Statement;
use sql::{Outcome, Session};

use crate::cluster_client::ClusterClient;
use crate::job_file::graph;
use crate::job_file::model::JobFile;
use crate::job_file::{Body, Job};

/// A session for one job file.
pub struct JobSession {
    session: Session,
    catalogs: DurableCatalogs,
}

impl JobSession {
    /// A session of this configuration.
    pub fn new(config: &Configuration) -> Self {
        Self { session: Session::new(config.to_session_map()), catalogs: DurableCatalogs::default() }
    }

    /// The session itself.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The statements of a job; a graph's parts are defined, and its statements fill the sinks.
    pub fn text_of(&mut self, job: &Job) -> anyhow::Result<String> {
        match &job.body {
            Body::Sql(text) => Ok(text.clone()),
            Body::Graph(file) => self.define_graph(file).with_context(|| job.origin.display().to_string()),
        }
    }

    /// The statements of a text.
    pub fn parse(text: &str, origin: &Path) -> anyhow::Result<Vec<Statement>> {
        let statements = sql::parser::parse_script(text).map_err(|error| located(&error, text, origin))?;
        anyhow::ensure!(!statements.is_empty(), "{}: the script has no statements", origin.display());
        Ok(statements)
    }

    /// Plans one of them, with the catalogs that the cluster keeps.
    pub async fn execute_on(
        &mut self,
        cluster: &ClusterClient,
        statement: &Statement,
        text: &str,
        origin: &Path,
    ) -> anyhow::Result<Outcome> {
        let said = |error: gateway::Throwable| anyhow::anyhow!("{}: {}", origin.display(), error);
        self.catalogs.refresh(&mut self.session, cluster).await.map_err(said)?;
        let outcome = self.execute(statement, text, origin)?;
        self.catalogs.keep(&mut self.session, cluster).await.map_err(said)?;
        Ok(outcome)
    }

    /// Plans one of them, without a cluster.
    pub fn execute(&mut self, statement: &Statement, text: &str, origin: &Path) -> anyhow::Result<Outcome> {
        self.session.execute(statement, text).map_err(|error| located(&error, text, origin))
    }

    fn define_graph(&mut self, file: &JobFile) -> anyhow::Result<String> {
        for definition in graph::definitions(file)? {
            self.define(&definition)?;
        }
        for sink in &file.sinks {
            let columns = if sink.schema.is_empty() { self.columns_of(&sink.input)? } else { Vec::new() };
            self.define(&graph::sink_table(sink, &columns))?;
        }
        Ok(graph::inserts(&file.sinks))
    }

    fn define(&mut self, definition: &graph::GraphStatement) -> anyhow::Result<()> {
        self.run(&definition.sql).map(drop).with_context(|| definition.part.clone())
    }

    /// Name and SQL type of each column of a table or view.
    fn columns_of(&mut self, table: &str) -> anyhow::Result<Vec<(String, String)>> {
        let outcome = self.run(&format!("DESCRIBE `{}`", table.replace('`', "``")))?;
        let Outcome::Table { rows, .. } = outcome else { anyhow::bail!("'{table}' cannot be described") };
        let cell = |row: &[Option<String>], index: usize| row.get(index).cloned().flatten().unwrap_or_default();
        Ok(rows
            .iter()
            .map(|row| {
                let ty = cell(row, 1).replace(" *ROWTIME*", "").replace(" *PROCTIME*", "");
                let not_null = if cell(row, 2).eq_ignore_ascii_case("false") { " NOT NULL" } else { "" };
                (cell(row, 0), format!("{ty}{not_null}"))
            })
            .collect())
    }

    /// Runs one statement that starts no job.
    fn run(&mut self, text: &str) -> anyhow::Result<Outcome> {
        let readable = |error: sql::SqlError| anyhow::anyhow!("{}", error.render(text));
        let statement: Statement = sql::parser::parse_statement(text).map_err(readable)?;
        self.session.execute(&statement, text).map_err(readable)
    }
}

fn located(error: &sql::SqlError, text: &str, origin: &Path) -> anyhow::Error {
    anyhow::anyhow!("{}: {}", origin.display(), error.render(text))
}
