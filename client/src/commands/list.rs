//! `flinkrs list`: the jobs of a cluster.

use std::process::ExitCode;

use chrono::{Local, TimeZone};
use dataflow::JobStatus;
use jobmanager::rest::messages::JobOverview;

use super::on_cluster;
use crate::args::ListArguments;
use crate::output::{say, write_out};

/// Lists jobs.
pub(super) fn list(arguments: &ListArguments) -> anyhow::Result<ExitCode> {
    on_cluster(&arguments.cluster, async |client| {
        say!("Waiting for response...");
        let jobs = client.jobs().await?;
        write_out(format_args!("{}", listing(jobs, arguments)));
        Ok(())
    })
}

/// Running and scheduled jobs, unless something else is asked for, as Flink prints them.
fn listing(mut jobs: Vec<JobOverview>, arguments: &ListArguments) -> String {
    jobs.sort_by_key(|job| job.start_time);
    let ListArguments { running, scheduled, all, .. } = *arguments;
    let neither = !running && !scheduled;
    let mut text = String::new();
    if running || all || neither {
        let is_running = |status: JobStatus| status != JobStatus::Created && !status.is_terminal();
        let title = "------------------ Running/Restarting Jobs -------------------";
        text.push_str(&section(&jobs, title, is_running).unwrap_or_else(|| "No running jobs.\n".to_owned()));
    }
    if scheduled || all || neither {
        let title = "----------------------- Scheduled Jobs -----------------------";
        let section = section(&jobs, title, |status| status == JobStatus::Created);
        text.push_str(&section.unwrap_or_else(|| "No scheduled jobs.\n".to_owned()));
    }
    if all {
        let title = "---------------------- Terminated Jobs -----------------------";
        text.push_str(&section(&jobs, title, JobStatus::is_terminal).unwrap_or_default());
    }
    text
}

/// A title and the jobs below it; none without jobs.
fn section(jobs: &[JobOverview], title: &str, is_wanted: impl Fn(JobStatus) -> bool) -> Option<String> {
    let lines: Vec<String> = jobs.iter().filter(|job| is_wanted(job.state)).map(line).collect();
    let rule = "-".repeat(title.len());
    (!lines.is_empty()).then(|| format!("{title}\n{}\n{rule}\n", lines.join("\n")))
}

fn line(job: &JobOverview) -> String {
    let started = Local.timestamp_millis_opt(job.start_time).single();
    let started =
        started.map_or_else(|| job.start_time.to_string(), |time| time.format("%d.%m.%Y %H:%M:%S").to_string());
    format!("{started} : {} : {} ({})", job.jid, job.name, job.state)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Arguments, Command};

    fn listed(arguments: &[&str], states: &[(&str, JobStatus)]) -> Vec<String> {
        let command = Arguments::parse_from(["flinkrs", "list"].iter().chain(arguments)).command;
        let Command::List(arguments) = command else { panic!("it is list") };
        let job = |(index, (name, state)): (usize, &(&str, JobStatus))| JobOverview {
            jid: dataflow::JobId(index as u128),
            name: (*name).to_owned(),
            job_type: "STREAMING".into(),
            scheduler_type: "Default".into(),
            start_time: -(index as i64),
            end_time: -1,
            duration: 0,
            state: *state,
            last_modification: 0,
            tasks: Default::default(),
            pending_operators: 0,
        };
        let text = listing(states.iter().enumerate().map(job).collect(), &arguments);
        // The times are those of the machine's zone.
        text.lines().map(|line| line.split_once(" : ").map_or(line, |(_, rest)| rest).to_owned()).collect()
    }

    #[test]
    fn running_and_scheduled_jobs_by_default() {
        let states = [("a", JobStatus::Running), ("b", JobStatus::Finished), ("c", JobStatus::Restarting)];
        assert_eq!(
            listed(&[], &states),
            [
                "------------------ Running/Restarting Jobs -------------------",
                "00000000000000000000000000000002 : c (RESTARTING)",
                "00000000000000000000000000000000 : a (RUNNING)",
                "--------------------------------------------------------------",
                "No scheduled jobs.",
            ]
        );
    }

    #[test]
    fn the_options_choose() {
        let states = [("b", JobStatus::Finished), ("c", JobStatus::Created)];
        let scheduled = "----------------------- Scheduled Jobs -----------------------";
        let terminated = "---------------------- Terminated Jobs -----------------------";
        assert_eq!(listed(&["-r"], &states), ["No running jobs."]);
        assert_eq!(listed(&["-s"], &states)[0], scheduled);
        let all = listed(&["-a"], &states);
        assert_eq!((all[0].as_str(), all[1].as_str(), all[4].as_str()), ("No running jobs.", scheduled, terminated));
        assert_eq!(all.len(), 7);
    }
}
