//! A group of JobManagers and TaskManagers as processes: who leads, and what becomes of them when they are killed, stopped or wiped.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::process::{Role, flinkrs, free_port};

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// A JobManager of the group.
#[derive(Debug)]
struct Member {
    rpc: String,
    rest: SocketAddr,
    /// None while it is not running.
    process: Option<Role>,
}

/// The processes of a cluster with several JobManagers.
#[derive(Debug)]
pub struct JobManagerGroup {
    folder: PathBuf,
    settings: Vec<String>,
    members: Vec<Member>,
    /// The TaskManagers.
    pub taskmanagers: Vec<Role>,
}

impl JobManagerGroup {
    /// Starts so many JobManagers, whose folders and logs are in `folder`, and TaskManagers with so many slots, and waits until all have registered.
    pub fn start(
        folder: &Path,
        jobmanagers: usize,
        taskmanagers: usize,
        slots: u32,
        settings: &[String],
    ) -> anyhow::Result<Self> {
        let mut members = Vec::new();
        for _ in 0..jobmanagers {
            let rpc = format!("127.0.0.1:{}", free_port()?);
            members.push(Member { rpc, rest: SocketAddr::from(([127, 0, 0, 1], free_port()?)), process: None });
        }
        let peers: Vec<&str> = members.iter().map(|member| member.rpc.as_str()).collect();
        let mut settings = settings.to_vec();
        settings.push("-Dhigh-availability.type=raft".to_owned());
        settings.push(format!("-Dhigh-availability.raft.peers={}", peers.join(",")));
        let mut this = Self { folder: folder.to_owned(), settings, members, taskmanagers: Vec::new() };
        for member in 0..jobmanagers {
            this.start_member(member)?;
        }
        for _ in 0..taskmanagers {
            this.add_taskmanager(slots)?;
        }
        this.wait("all TaskManagers", |this| {
            Ok(this.get("/overview").is_ok_and(|overview| overview["taskmanagers"] == taskmanagers))
        })?;
        Ok(this)
    }

    /// Starts a JobManager that does not run.
    pub fn start_member(&mut self, member: usize) -> anyhow::Result<()> {
        let Member { rpc, rest, .. } = &self.members[member];
        let (_, port) = rpc.rsplit_once(':').context("an address has a port")?;
        let more = [
            format!("-Dhigh-availability.storageDir={}", self.storage(member).display()),
            format!("-Djobmanager.rpc.port={port}"),
            format!("-Drest.port={}", rest.port()),
            "-Djobmanager.rpc.address=127.0.0.1".to_owned(),
            "-Drest.address=127.0.0.1".to_owned(),
            "-Dsql-gateway.endpoint.type=none".to_owned(),
        ];
        self.members[member].process = Some(self.role("jobmanager", &format!("jobmanager{member}"), &more)?);
        Ok(())
    }

    /// One more TaskManager.
    pub fn add_taskmanager(&mut self, slots: u32) -> anyhow::Result<()> {
        let more = [format!("-Dtaskmanager.numberOfTaskSlots={slots}"), "-Dtaskmanager.host=127.0.0.1".to_owned()];
        let name = format!("taskmanager{}", self.taskmanagers.len());
        self.taskmanagers.push(self.role("taskmanager", &name, &more)?);
        Ok(())
    }

    fn role(&self, role: &str, name: &str, more: &[String]) -> anyhow::Result<Role> {
        let arguments: Vec<&str> =
            std::iter::once(role).chain(self.settings.iter().chain(more).map(String::as_str)).collect();
        let log = || {
            let path = self.folder.join(format!("{name}.log"));
            std::fs::OpenOptions::new().create(true).append(true).open(path)
        };
        let process = flinkrs(&arguments)?.stdin(Stdio::null()).stdout(log()?).stderr(log()?).spawn()?;
        Ok(Role::from(process))
    }

    fn storage(&self, member: usize) -> PathBuf {
        self.folder.join(format!("store{member}"))
    }

    /// `kill -9`.
    pub fn kill(&mut self, member: usize) -> anyhow::Result<()> {
        match self.members[member].process.take() {
            Some(mut process) => process.kill(),
            None => Ok(()),
        }
    }

    /// Sends a signal to a JobManager that runs.
    pub fn signal(&self, member: usize, name: &str) -> anyhow::Result<()> {
        self.members[member].process.as_ref().context("it runs")?.signal(name)
    }

    /// Deletes all that a JobManager which does not run has kept.
    pub fn wipe(&self, member: usize) -> anyhow::Result<()> {
        std::fs::remove_dir_all(self.storage(member)).context("it has kept something")
    }

    /// How many JobManagers there are, running or not.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The REST address of a JobManager, for `-m`.
    pub fn rest_address(&self, member: usize) -> String {
        self.members[member].rest.to_string()
    }

    /// Who leads, as a JobManager says.
    pub fn leader_by(&self, member: usize) -> anyhow::Result<usize> {
        let overview = get(self.members[member].rest, "/overview")?;
        let leader = overview["leader"].as_str().with_context(|| format!("no leader in {overview}"))?;
        self.members.iter().position(|member| member.rpc == leader).with_context(|| format!("{leader} is no member"))
    }

    /// Who leads, as the JobManagers that run say.
    pub fn leader(&self) -> anyhow::Result<usize> {
        self.ask(|this, member| this.leader_by(member))
    }

    /// `GET path` of some JobManager that answers, as JSON.
    pub fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(|this, member| get(this.members[member].rest, path))
    }

    fn ask<T>(&self, ask: impl Fn(&Self, usize) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut last = None;
        for member in (0..self.members.len()).filter(|member| self.members[*member].process.is_some()) {
            match ask(self, member) {
                Ok(answer) => return Ok(answer),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("no JobManager runs")))
    }

    /// Asks until it holds.
    pub fn wait(&self, what: &str, mut holds: impl FnMut(&Self) -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if holds(self)? {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        bail!("waited {} s in vain for {what}", LIMIT.as_secs())
    }
}

/// `GET path`, as JSON.
pub fn get(address: SocketAddr, path: &str) -> anyhow::Result<Value> {
    get_within(address, path, Duration::from_secs(8))
}

/// `GET path`, as JSON, from somebody who answers in time.
pub fn get_within(address: SocketAddr, path: &str, limit: Duration) -> anyhow::Result<Value> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(limit))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").with_context(|| format!("GET {path} broke off"))?;
    ensure!(head.starts_with("HTTP/1.1 200"), "GET {path}: {body}");
    serde_json::from_str(body).with_context(|| format!("GET {path} answered {body}"))
}
