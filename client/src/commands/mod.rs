//! The commands, a file each; here is what they share.

mod roles;
mod run;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;

use crate::args::{Arguments, Command};
use crate::job_file;

/// Runs the command of this command line.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::JobManager(arguments) => roles::jobmanager(&arguments),
        Command::TaskManager(arguments) => roles::taskmanager(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::JobSchema => {
            std::io::stdout()
                .write_all(job_file::json_schema().as_bytes())
                .context("cannot write to standard output")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// An error and its causes on one line. A SQL error keeps its picture of the place.
pub fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}")
}

/// The runtime that services of this process share: its threads only wait for I/O, tasks have threads of their own.
fn async_runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .thread_name("io")
        .build()
        .context("cannot start the I/O threads")
}
