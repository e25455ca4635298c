//! The commands, a file each; here is what they share.

mod checkpoint;
mod cluster;
mod decommission;
mod doctor;
mod hash_password;
mod info;
mod inspect;
mod jobmanager_admin;
mod list;
mod log_level;
mod roles;
mod run;
mod savepoint;
mod sql_client;
mod stop;
mod top;

use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;

use crate::args::{Arguments, ClusterArguments, Command};
use crate::cluster_client::ClusterClient;
use crate::job_file;
use crate::output::to_stdout;
use crate::rest_access::RestAccess;
use crate::settings;

/// Runs the command of this command line.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::JobManager(arguments) => roles::jobmanager(&arguments),
        Command::JobManagerAdmin(arguments) => jobmanager_admin::jobmanager_admin(&arguments),
        Command::TaskManager(arguments) => roles::taskmanager(&arguments),
        Command::SqlGateway(arguments) => roles::sql_gateway(&arguments),
        Command::SqlClient(arguments) => sql_client::sql_client(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Info(arguments) => info::info(&arguments),
        Command::Cluster(arguments) => cluster::cluster(&arguments),
        Command::List(arguments) => list::list(&arguments),
        Command::Savepoint(arguments) => savepoint::savepoint(&arguments),
        Command::Checkpoint(arguments) => checkpoint::checkpoint(&arguments),
        Command::Stop(arguments) => stop::stop(&arguments),
        Command::Cancel(arguments) => stop::cancel(&arguments),
        Command::Decommission(arguments) => decommission::decommission(&arguments),
        Command::Doctor(arguments) => doctor::doctor(&arguments),
        Command::LogLevel(arguments) => log_level::log_level(&arguments),
        Command::HashPassword(arguments) => hash_password::hash_password(&arguments),
        Command::Completion { shell } => {
            // It panics where it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "flinkrs", &mut script);
            to_stdout(|out| out.write_all(&script))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { folder } => {
            clap_mangen::generate_to(Arguments::command(), &folder)
                .with_context(|| format!("cannot write manual pages into {}", folder.display()))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Top(arguments) => top::top(&arguments),
        Command::JobSchema => {
            to_stdout(|out| out.write_all(job_file::json_schema().as_bytes()))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// An error and its causes on one line; causes that the text before them has said already are left out. A SQL error keeps its picture of the
/// place.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// Does something on a cluster that is there already.
fn on_cluster(
    arguments: &ClusterArguments,
    action: impl AsyncFnOnce(ClusterClient) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let config = settings::load(&arguments.config)?;
    let address = match &arguments.jobmanager {
        Some(address) => address.clone(),
        None => settings::rest_address(&config)?,
    };
    let client = ClusterClient::new(&address, &RestAccess::from_config(&config)?)?;
    async_runtime()?.block_on(action(client))?;
    Ok(ExitCode::SUCCESS)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let error = anyhow::anyhow!("in use").context("cannot listen: in use; change the port").context("cannot start");
        assert_eq!(one_line(&error), "cannot start: cannot listen: in use; change the port");
        assert_eq!(one_line(&anyhow::anyhow!("b").context("a")), "a: b");
    }
}
