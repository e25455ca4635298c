//! Configuration of a command: loaded, with its warnings printed.

use common::config::{ConfigSources, ConfigWarning, Configuration, Loaded, Origin, options, parse_dynamic_property};

use crate::args::ConfigArguments;
use crate::job_file::Job;
use crate::output::remark;

/// The configuration of this process. Warnings go to standard error.
pub fn load(arguments: &ConfigArguments) -> anyhow::Result<Configuration> {
    let loaded = load_quietly(arguments)?;
    print_warnings(&loaded.warnings);
    Ok(loaded.config)
}

/// The configuration of this process, and its warnings.
pub fn load_quietly(arguments: &ConfigArguments) -> anyhow::Result<Loaded> {
    let sources = ConfigSources::of_process(arguments.config_dir.clone(), arguments.dynamic_properties.clone());
    Ok(Configuration::load(&sources)?)
}

/// The configuration of one job: the process's, under the job file's keys, under `-D` and `-p` of the command line.
pub fn for_job(
    process: &Configuration,
    job: &Job,
    arguments: &ConfigArguments,
    parallelism: Option<u32>,
) -> anyhow::Result<Configuration> {
    print_warnings(&ConfigWarning::about_keys(&Configuration::from_map(job.config.clone(), Origin::Job)));
    let mut config = with_job(process, job);
    for property in &arguments.dynamic_properties {
        let (key, value) = parse_dynamic_property(property)?;
        config.set(key, value, Origin::CommandLine);
    }
    if let Some(parallelism) = parallelism {
        config.set("parallelism.default", parallelism.to_string(), Origin::CommandLine);
    }
    config.validate()?;
    Ok(config)
}

/// The configuration of a process under what a job file says.
pub fn with_job(process: &Configuration, job: &Job) -> Configuration {
    let mut config = process.clone();
    config.overlay(&Configuration::from_map(job.config.clone(), Origin::Job));
    if let Some(name) = &job.name {
        config.set("pipeline.name", name, Origin::Job);
    }
    config
}

/// `host:port` of the configured JobManager's REST endpoint: `rest.address`, else the JobManager's address, as Flink's clients have it.
pub fn rest_address(config: &Configuration) -> anyhow::Result<String> {
    let host = match config.get_set(&options::REST_ADDRESS)? {
        Some(host) => host,
        None => config.get(&options::JOBMANAGER_RPC_ADDRESS)?,
    };
    Ok(format!("{host}:{}", config.get(&options::REST_PORT)?))
}

/// Says what is odd about a key that a script sets.
pub fn remark_on_set(key: &str, value: &str) {
    let mut set = Configuration::default();
    set.set(key, value, Origin::Job);
    print_warnings(&ConfigWarning::about_keys(&set));
}

fn print_warnings(warnings: &[ConfigWarning]) {
    for warning in warnings {
        remark!("warning: {warning}");
    }
}
