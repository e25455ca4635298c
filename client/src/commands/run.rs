//! `flinkrs run`: a job on a cluster or on an embedded one.

use std::process::ExitCode;

use anyhow::anyhow;
use common::config::{Configuration, Origin, options};
use common::shutdown::Shutdown;
use common::telemetry::{LogOptions, init_logging};

use super::async_runtime;
use crate::args::{ClaimMode, RunArguments};
use crate::job_file;
use crate::place::Place;
use crate::script::{ScriptOptions, ScriptRunner};
use crate::settings;

/// What the log says when nobody asks for more. How the job ends is this command's own message, and the embedded roles need not repeat it;
/// that a connector keeps trying, as with a broker that is away, only the log tells.
const LOG_FILTER: &str = "error,warp=off,rdkafka=off,librdkafka=off,connectors=warn";

/// Runs the job of a file.
pub(super) fn run(arguments: &RunArguments) -> anyhow::Result<ExitCode> {
    let job = job_file::read(&arguments.file)?;
    let process = settings::load(&arguments.config)?;
    let mut config = settings::for_job(&process, &job, &arguments.config, arguments.parallelism)?;
    restore_from(arguments, &mut config);
    init_logging(&LogOptions::of_client(&config, "client", LOG_FILTER)?)?;
    async_runtime()?.block_on(async {
        let interrupt = Shutdown::new();
        interrupt.listen_for_signals()?;
        if arguments.shutdown_on_attached_exit {
            interrupt.listen_for_hangup()?;
        }
        let jobmanager = arguments.jobmanager.as_deref();
        let choice = Place::choose(jobmanager, arguments.target, arguments.detached, &config);
        let chosen = interrupt.unless_triggered(choice).await;
        let place = chosen.ok_or_else(|| anyhow!("interrupted before the job was submitted"))??;
        let client = place.client()?;
        let options = ScriptOptions { output: arguments.output, detached: arguments.detached };
        let outcome = ScriptRunner::new(client, &config, options, interrupt).run(&job).await;
        place.leave().await;
        outcome.map(|()| ExitCode::SUCCESS)
    })
}

/// What the job starts from, as Flink's keys say it.
fn restore_from(arguments: &RunArguments, config: &mut Configuration) {
    let Some(path) = &arguments.from_savepoint else { return };
    config.set(options::STATE_RECOVERY_PATH.key(), path, Origin::CommandLine);
    if arguments.allow_non_restored_state {
        config.set(options::STATE_RECOVERY_IGNORE_UNCLAIMED_STATE.key(), "true", Origin::CommandLine);
    }
    if let Some(mode) = arguments.claim_mode {
        let mode = match mode {
            ClaimMode::Claim => "CLAIM",
            ClaimMode::NoClaim => "NO_CLAIM",
        };
        config.set(options::STATE_RECOVERY_CLAIM_MODE.key(), mode, Origin::CommandLine);
    }
}
