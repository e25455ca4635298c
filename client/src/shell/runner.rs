//! `Runner`: runs one statement after the other in a session and prints what comes of each, in the words of Flink's SQL client.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use anyhow::Context;
use common::shutdown::Shutdown;

use super::gateway_session::{GatewaySession, Page, ResultType, Results};
use super::result_view::ResultView;
use super::statements::{self, Command};
use super::tableau::{self, MAX_WIDTH, Tableau, row_term};
use super::{help, interrupt};
use crate::commands::one_line;
use crate::output::{say, to_stdout, write_out};

/// How often is asked whether a statement has been run: soon at first.
const FIRST_POLL: Duration = Duration::from_millis(5);
const LONGEST_POLL: Duration = Duration::from_millis(100);

const RESULT_MODE: &str = "sql-client.execution.result-mode";
const MAX_ROWS: &str = "sql-client.execution.max-table-result.rows";
const PRINT_TIME: &str = "sql-client.display.print-time-cost";
const MAX_COLUMN_WIDTH: &str = "table.display.max-column-width";

/// Who is at the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interaction {
    /// Someone at a terminal, who may be shown a full screen.
    Interactive,
    /// A script: everything is printed line by line.
    Script,
}

impl Interaction {
    /// What standard input and output are.
    pub fn of_terminal() -> Self {
        let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        if terminal { Interaction::Interactive } else { Interaction::Script }
    }
}

/// Runs statements.
#[derive(Debug)]
pub struct Runner {
    session: GatewaySession,
    interaction: Interaction,
    colored: bool,
    /// Whether Ctrl-C has ended the last statement.
    interrupted: bool,
}

/// How the rows of a query are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ResultMode {
    Table,
    Changelog,
    Tableau,
}

impl Runner {
    /// A runner of statements in this session.
    pub fn new(session: GatewaySession, interaction: Interaction) -> Self {
        Self { session, interaction, colored: io::stdout().is_terminal(), interrupted: false }
    }

    /// The session.
    pub(super) fn session(&self) -> &GatewaySession {
        &self.session
    }

    /// Whether Ctrl-C has ended the last statement.
    pub(super) fn was_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Shows a statement behind the prompt, as if it had been typed, and runs it. False: the shell is to end.
    pub(super) async fn echo_and_run(&mut self, statement: &str) -> anyhow::Result<bool> {
        say!("Flink SQL> {}", statement.replace('\n', "\n> "));
        self.run(statement).await
    }

    /// Runs a statement or a command. False: the shell is to end.
    pub(super) async fn run(&mut self, statement: &str) -> anyhow::Result<bool> {
        match statements::command(statement) {
            Some(Command::Quit) => return Ok(false),
            Some(Command::Help) => say!("{}\n", help::text()),
            Some(Command::Clear) if self.colored => write_out(format_args!("\x1b[2J\x1b[H")),
            Some(Command::Clear) => {}
            None => self.execute(statement).await?,
        }
        Ok(true)
    }

    async fn execute(&mut self, statement: &str) -> anyhow::Result<()> {
        let started = Instant::now();
        let interrupt = interrupt();
        let outcome = self.execute_until(statement, started, &interrupt).await;
        self.interrupted = interrupt.is_triggered();
        // Whoever listens for Ctrl-C need not any more.
        interrupt.trigger();
        outcome
    }

    async fn execute_until(&mut self, statement: &str, started: Instant, interrupt: &Shutdown) -> anyhow::Result<()> {
        let operation = self.session.execute(statement).await?;
        let Some(first) = interrupt.unless_triggered(self.first_page(&operation)).await else {
            self.session.close_operation(&operation).await?;
            anyhow::bail!("the statement was interrupted");
        };
        let first = first?;
        let shown = if first.is_query_result {
            self.show_query(&operation, first, started, interrupt).await
        } else {
            self.show_other(first)
        };
        // The gateway keeps what is not closed; that it cannot be closed harms only the gateway's memory.
        self.session.close_operation(&operation).await.ok();
        shown
    }

    /// Waits until the statement has been run.
    async fn first_page(&self, operation: &str) -> anyhow::Result<Page> {
        let mut pause = FIRST_POLL;
        loop {
            let page = self.session.fetch(operation, 0).await?;
            if page.result_type != ResultType::NotReady {
                return Ok(page);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_POLL);
        }
    }

    fn show_other(&self, page: Page) -> anyhow::Result<()> {
        if page.result_kind.as_deref() == Some("SUCCESS") {
            self.info("Execute statement succeeded.");
            say!();
        } else if let Some(job) = &page.job_id {
            self.info("Submitting SQL update statement to the cluster...");
            self.info("SQL update statement has been successfully submitted to the cluster:");
            say!("Job ID: {job}\n\n");
        } else {
            let Results { columns, data } = page.results.context("the SQL gateway answered without a result")?;
            to_stdout(|out| tableau::print_all(&columns, &data, out).and_then(|()| writeln!(out)))?;
        }
        Ok(())
    }

    async fn show_query(
        &mut self,
        operation: &str,
        first: Page,
        started: Instant,
        interrupt: &Shutdown,
    ) -> anyhow::Result<()> {
        let config = self.session.config().await?;
        let columns = first.results.as_ref().context("the SQL gateway answered without columns")?.columns.clone();
        let mode = if self.interaction == Interaction::Script { ResultMode::Tableau } else { result_mode(&config)? };
        if mode == ResultMode::Tableau {
            let width = config.get(MAX_COLUMN_WIDTH).and_then(|text| text.parse().ok()).unwrap_or(MAX_WIDTH);
            return self
                .print_query(operation, first, Tableau::new(&columns, width), &config, started, interrupt)
                .await;
        }
        let max_rows = config.get(MAX_ROWS).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
        let mut view = ResultView::new(&columns, mode == ResultMode::Table, max_rows);
        let (session, operation) = (self.session.clone(), operation.to_owned());
        let runtime = tokio::runtime::Handle::current();
        // The view waits for keys, and with that blocks its thread.
        let shown = tokio::task::spawn_blocking(move || {
            view.show(first, |token| runtime.block_on(session.fetch(&operation, token)))
        });
        shown.await.context("the view broke off")?
    }

    /// Prints rows as they come.
    async fn print_query(
        &self,
        operation: &str,
        first: Page,
        mut tableau: Tableau,
        config: &BTreeMap<String, String>,
        started: Instant,
        interrupt: &Shutdown,
    ) -> anyhow::Result<()> {
        to_stdout(|out| tableau.header(out))?;
        let mut page = first;
        loop {
            let rows = page.results.as_ref().map(|results| results.data.as_slice()).unwrap_or_default();
            to_stdout(|out| tableau.print(rows, out))?;
            let Some(token) = page.next_token() else { break };
            match interrupt.unless_triggered(self.session.fetch(operation, token)).await {
                Some(next) => page = next?,
                None => {
                    to_stdout(|out| tableau.footer(out))?;
                    let rows = tableau.rows();
                    say!("Query terminated, received a total of {rows} {}\n", row_term(rows));
                    return Ok(());
                }
            }
        }
        to_stdout(|out| tableau.footer(out))?;
        let rows = tableau.rows();
        let timed = config.get(PRINT_TIME).is_none_or(|value| value.eq_ignore_ascii_case("true"));
        let time = if timed { format!(" ({:.2} seconds)", started.elapsed().as_secs_f64()) } else { String::new() };
        say!("Received a total of {rows} {}{time}\n", row_term(rows));
        Ok(())
    }

    /// Says something about what is done.
    pub(super) fn info(&self, text: &str) {
        let (begin, end) = if self.colored { ("\x1b[34;1m", "\x1b[0m") } else { ("", "") };
        say!("{begin}[INFO] {text}{end}");
    }

    /// Says why a statement failed.
    pub fn failed(&self, error: &anyhow::Error) {
        let (begin, end) = if self.colored { ("\x1b[31;1m", "\x1b[0m") } else { ("", "") };
        say!("{begin}[ERROR] Could not execute SQL statement. Reason:\n{}{end}\n", one_line(error));
    }
}

fn result_mode(config: &BTreeMap<String, String>) -> anyhow::Result<ResultMode> {
    match config.get(RESULT_MODE).map(|mode| mode.to_lowercase()).as_deref() {
        None | Some("table") => Ok(ResultMode::Table),
        Some("changelog") => Ok(ResultMode::Changelog),
        Some("tableau") => Ok(ResultMode::Tableau),
        Some(other) => anyhow::bail!("{RESULT_MODE} is '{other}'; it can be 'table', 'changelog' or 'tableau'"),
    }
}
