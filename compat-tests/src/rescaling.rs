//! An exactly-once job under load while TaskManagers come, go and are left, and while somebody asks for other numbers of subtasks; then its output is checked row by
//! row.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::failover::{Report, check, committed_bytes, submit, succeed};
use crate::group::JobManagerGroup;

const ROWS_PER_SECOND: u64 = 2_000;
/// Slots of a TaskManager.
const SLOTS: u32 = 2;

fn start(folder: &Path, taskmanagers: usize, more: &[&str]) -> anyhow::Result<(JobManagerGroup, String)> {
    let mut settings = vec![
        format!("-Dexecution.checkpointing.dir={}/checkpoints", folder.display()),
        "-Dexecution.checkpointing.interval=200 ms".to_owned(),
        "-Drestart-strategy.type=fixed-delay".to_owned(),
        "-Drestart-strategy.fixed-delay.delay=10 ms".to_owned(),
        "-Drestart-strategy.fixed-delay.attempts=1000".to_owned(),
    ];
    settings.extend(more.iter().map(|setting| (*setting).to_owned()));
    let group = JobManagerGroup::start(folder, 1, taskmanagers, SLOTS, &settings)?;
    let job = submit(&group, folder, ROWS_PER_SECOND)?;
    Ok((group, job))
}

/// The reactive mode: a job follows the TaskManagers that there are.
pub fn follow_taskmanagers(folder: &Path) -> anyhow::Result<Report> {
    let (mut group, job) = start(
        folder,
        1,
        &[
            "-Dscheduler-mode=reactive",
            "-Djobmanager.adaptive-scheduler.executing.resource-stabilization-timeout=300 ms",
            "-Djobmanager.adaptive-scheduler.executing.cooldown-after-rescaling=500 ms",
        ],
    )?;
    runs_with(&group, folder, &job, SLOTS)?;
    group.add_taskmanager(SLOTS)?;
    runs_with(&group, folder, &job, 2 * SLOTS)?;
    // What ran there goes on with what is left.
    group.taskmanagers[0].kill()?;
    runs_with(&group, folder, &job, SLOTS)?;
    group.add_taskmanager(SLOTS)?;
    runs_with(&group, folder, &job, 2 * SLOTS)?;
    decommission(&group)?;
    runs_with(&group, folder, &job, SLOTS)?;
    end(&group, folder, &job)
}

/// Somebody asks for fewer and for more subtasks, and for a TaskManager to be left.
pub fn follow_requests(folder: &Path) -> anyhow::Result<Report> {
    let (mut group, job) = start(folder, 2, &[])?;
    runs_with(&group, folder, &job, 4)?;
    require(&group, &job, 2)?;
    runs_with(&group, folder, &job, 2)?;
    require(&group, &job, 4)?;
    runs_with(&group, folder, &job, 4)?;
    group.add_taskmanager(SLOTS)?;
    group.wait("the third TaskManager", |group| {
        Ok(group.get("/overview").is_ok_and(|overview| overview["slots-available"] == SLOTS))
    })?;
    let left = decommission(&group)?;
    let details = group.get(&format!("/taskmanagers/{left}"))?;
    ensure!(details["freeSlots"] == SLOTS, "the TaskManager that was left has slots in use: {details}");
    runs_with(&group, folder, &job, 4)?;
    end(&group, folder, &job)
}

/// Waits until the job runs with so many subtasks, and commits rows.
fn runs_with(group: &JobManagerGroup, folder: &Path, job: &str, parallelism: u32) -> anyhow::Result<()> {
    group.wait(&format!("{parallelism} subtasks"), |group| {
        let details = group.get(&format!("/jobs/{job}"))?;
        ensure!(details["state"] != "FAILED", "the job has failed: {}", group.get(&format!("/jobs/{job}/exceptions"))?);
        let vertices = details["vertices"].as_array().context("a job has vertices")?;
        let runs = |vertex: &Value| {
            // A reader without a part of the source ends.
            let tasks = |state: &str| vertex["tasks"][state].as_u64().unwrap_or(0);
            vertex["parallelism"] == parallelism
                && tasks("RUNNING") + tasks("FINISHED") == u64::from(parallelism)
                && tasks("RUNNING") > 0
        };
        Ok(details["state"] == "RUNNING" && vertices.iter().all(runs))
    })?;
    let before = committed_bytes(folder);
    group.wait("more rows", |_| Ok(committed_bytes(folder) > before))
}

/// Has the jobs leave the first TaskManager; its id.
fn decommission(group: &JobManagerGroup) -> anyhow::Result<String> {
    let list = group.get("/taskmanagers")?;
    let id = list["taskmanagers"][0]["id"].as_str().context("a TaskManager has an id")?.to_owned();
    succeed(&["decommission", "-m", &group.rest_address(0), &id])?;
    Ok(id)
}

fn require(group: &JobManagerGroup, job: &str, parallelism: u32) -> anyhow::Result<()> {
    let details = group.get(&format!("/jobs/{job}"))?;
    let mut requirements = json!({});
    for vertex in details["vertices"].as_array().context("a job has vertices")? {
        let id = vertex["id"].as_str().context("a vertex has an id")?;
        requirements[id] = json!({"parallelism": {"lowerBound": 1, "upperBound": parallelism}});
    }
    let (address, body) = (group.rest_address(0), requirements.to_string());
    let mut stream = TcpStream::connect(&address)?;
    write!(
        stream,
        "PUT /jobs/{job}/resource-requirements HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(())
}

fn end(group: &JobManagerGroup, folder: &Path, job: &str) -> anyhow::Result<Report> {
    let savepoints = folder.join("savepoints").display().to_string();
    succeed(&["stop", "-m", &group.rest_address(0), "--drain", "-p", &savepoints, job])?;
    let mut report = Report { rounds: Vec::new(), rows: 0, lost: 0, duplicated: 0, disturbances: Vec::new() };
    check(folder, &mut report)?;
    Ok(report)
}
