//! The SQL shell, `flinkrs sql-client`: a client of a SQL gateway, which is one of its own unless another is named.
//!
//! Commands, result modes and texts are those of Flink's SQL client.

mod editor;
mod gateway_session;
mod help;
mod materialized;
mod result_view;
mod runner;
mod statements;
mod tableau;

pub use gateway_session::GatewaySession;
pub use runner::{Interaction, Runner};

use std::io::Read;
use std::path::Path;

use crate::output::say;
use anyhow::Context;
use common::shutdown::Shutdown;

/// Runs a script, statement by statement, and stops at the first that fails.
pub async fn run_file(runner: &mut Runner, file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    runner.info("Executing SQL from file.");
    for statement in statements::split(&text) {
        if !runner.echo_and_run(&statement).await? {
            break;
        }
        anyhow::ensure!(!runner.was_interrupted(), "interrupted: the rest of {} was not run", file.display());
    }
    Ok(())
}

/// Runs an init script: only statements that configure the session.
pub async fn run_init(session: &GatewaySession, file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    for statement in statements::split(&text) {
        session.configure(&statement).await.with_context(|| format!("in {}", file.display()))?;
    }
    say!("Successfully initialized from sql script: {}", file.display());
    Ok(())
}

/// Runs what comes on standard input: by hand at a terminal, else statement by statement to its end.
pub fn run_input(runner: &mut Runner, runtime: &tokio::runtime::Handle, history: &Path) -> anyhow::Result<()> {
    if Interaction::of_terminal() == Interaction::Interactive {
        return editor::run(runner, runtime, history);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    for statement in statements::split(&text) {
        match runtime.block_on(runner.echo_and_run(&statement)) {
            Ok(true) => {}
            Ok(false) => break,
            // As at a terminal: one statement's failure is no reason not to read the next.
            Err(error) => runner.failed(&error),
        }
    }
    Ok(())
}

/// What Ctrl-C triggers while a statement is run; each statement has its own.
fn interrupt() -> Shutdown {
    let interrupt = Shutdown::new();
    let triggered = interrupt.clone();
    tokio::spawn(async move {
        let pressed = tokio::signal::ctrl_c();
        if let Some(Ok(())) = triggered.unless_triggered(pressed).await {
            triggered.trigger();
        }
    });
    interrupt
}
