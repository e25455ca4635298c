//! The processes of a chaos run: JobManagers and TaskManagers, each at a place of its own, and what can be done to them.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::network::{self, Disk, Network};
use crate::group::get;
use crate::process::{self, Role, free_port};

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(90);
/// So often at most is a process started again.
const START_PAUSE: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(5);
/// Size of each small disk, MB.
const DISK_MB: u64 = 96;
/// Ports inside a network of one's own.
const RPC_PORT: u16 = 6123;
const REST_PORT: u16 = 8081;

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A JobManager.
    JobManager,
    /// A TaskManager.
    TaskManager,
}

/// A place for a process, and the process while it runs.
#[derive(Debug)]
pub struct Node {
    /// `jm0`, `tm1`.
    pub name: String,
    /// What runs there.
    pub kind: Kind,
    /// Whether it should run; otherwise it is a spare.
    pub is_wanted: bool,
    address: String,
    rpc_port: u16,
    rest: SocketAddr,
    process: Option<Role>,
    /// How often it was started; a part of a TaskManager's name.
    starts: u32,
    started: Instant,
}

/// What the cluster is made of.
#[derive(Debug, Clone)]
pub struct Size {
    /// JobManagers in the group, and places for more.
    pub jobmanagers: (usize, usize),
    /// TaskManagers, and places for more.
    pub taskmanagers: (usize, usize),
    /// Of each TaskManager.
    pub slots: u32,
}

/// All processes.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    settings: Vec<String>,
    slots: u32,
    /// The places.
    pub nodes: Vec<Node>,
    /// None on loopback.
    pub network: Option<Network>,
    /// `chaos/clock.c`, when clocks may jump.
    clock: Option<PathBuf>,
    /// Processes that ended without being told to, and were started again.
    pub deaths: Vec<String>,
    /// Behind the processes, which end first.
    disks: Vec<Disk>,
}

impl Cluster {
    /// Makes the places, in name spaces if this program is in some; nothing runs yet.
    pub fn new(folder: &Path, size: &Size, settings: &[String], has_clock: bool, seed: u64) -> anyhow::Result<Self> {
        let places = |prefix: &str, (first, all): (usize, usize), kind| -> Vec<(String, Kind, bool)> {
            (0..all).map(|number| (format!("{prefix}{number}"), kind, number < first)).collect()
        };
        let mut named = places("jm", size.jobmanagers, Kind::JobManager);
        named.extend(places("tm", size.taskmanagers, Kind::TaskManager));
        let names: Vec<&str> = named.iter().map(|(name, ..)| name.as_str()).collect();
        let network = network::is_inside().then(|| Network::start(&names, seed)).transpose()?;
        let mut nodes = Vec::new();
        for (name, kind, is_wanted) in named {
            let (address, rpc_port, rest_port) = match &network {
                Some(network) => (network.address(&name), RPC_PORT, REST_PORT),
                None => ("127.0.0.1".to_owned(), free_port()?, free_port()?),
            };
            let rest = format!("{address}:{rest_port}").parse()?;
            nodes.push(Node {
                name,
                kind,
                is_wanted,
                address,
                rpc_port,
                rest,
                process: None,
                starts: 0,
                started: Instant::now(),
            });
        }
        let mut settings = settings.to_vec();
        settings.push(format!("-Dexecution.checkpointing.dir={}", folder.join("checkpoints").display()));
        settings.push("-Dhigh-availability.type=raft".to_owned());
        let clock = has_clock.then(|| compile_clock(folder)).transpose()?;
        let (folder, slots) = (folder.to_owned(), size.slots);
        let mut this =
            Cluster { folder, settings, slots, nodes, network, clock, deaths: Vec::new(), disks: Vec::new() };
        for node in 0..this.nodes.len() {
            this.set_clock(node, 0)?;
        }
        if this.network.is_some() {
            this.disks.push(Disk::at(this.checkpoints(), 2 * DISK_MB)?);
            for node in 0..this.nodes.len() {
                this.disks.push(Disk::at(this.disk(node), DISK_MB)?);
            }
        }
        Ok(this)
    }

    /// Starts all that should run, and waits until they have found each other.
    pub fn start(&mut self) -> anyhow::Result<()> {
        for node in 0..self.nodes.len() {
            if self.nodes[node].is_wanted {
                self.start_node(node)?;
            }
        }
        self.await_health()
    }

    /// Where checkpoints go.
    pub fn checkpoints(&self) -> PathBuf {
        self.folder.join("checkpoints")
    }

    /// What a process keeps on disk: the log of a JobManager, the state of a TaskManager.
    pub fn disk(&self, node: usize) -> PathBuf {
        self.folder.join("disks").join(&self.nodes[node].name)
    }

    /// The places of a kind whose processes should run.
    pub fn wanted(&self, kind: Kind) -> Vec<usize> {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].kind == kind && self.nodes[*node].is_wanted).collect()
    }

    /// A place of a kind that is free.
    pub fn spare(&self, kind: Kind) -> anyhow::Result<usize> {
        let mut nodes = (0..self.nodes.len()).filter(|node| self.nodes[*node].kind == kind);
        nodes.find(|node| !self.nodes[*node].is_wanted).context("no place is free")
    }

    /// `host:port` of a JobManager in its group.
    pub fn rpc(&self, node: usize) -> String {
        format!("{}:{}", self.nodes[node].address, self.nodes[node].rpc_port)
    }

    /// The REST address of a JobManager.
    pub fn rest(&self, node: usize) -> SocketAddr {
        self.nodes[node].rest
    }

    /// The REST addresses of all JobManagers that there may ever be.
    pub fn rests(&self) -> Vec<(String, SocketAddr)> {
        let jobmanagers = self.nodes.iter().filter(|node| node.kind == Kind::JobManager);
        jobmanagers.map(|node| (node.name.clone(), node.rest)).collect()
    }

    /// The name under which a TaskManager is registered now.
    pub fn resource_id(&self, node: usize) -> String {
        format!("{}-{}", self.nodes[node].name, self.nodes[node].starts)
    }

    /// Starts the process of a place.
    pub fn start_node(&mut self, node: usize) -> anyhow::Result<()> {
        self.nodes[node].starts += 1;
        self.nodes[node].started = Instant::now();
        self.nodes[node].is_wanted = true;
        let peers: Vec<String> = self.wanted(Kind::JobManager).into_iter().map(|member| self.rpc(member)).collect();
        let Node { name, kind, address, rpc_port, rest, .. } = &self.nodes[node];
        let disk = self.disk(node).display().to_string();
        let mut arguments = match kind {
            Kind::JobManager => vec![
                "jobmanager".to_owned(),
                format!("-Dhigh-availability.storageDir={disk}"),
                format!("-Djobmanager.rpc.address={address}"),
                format!("-Djobmanager.bind-host={address}"),
                format!("-Djobmanager.rpc.port={rpc_port}"),
                format!("-Drest.address={address}"),
                format!("-Drest.bind-address={address}"),
                format!("-Drest.port={}", rest.port()),
                "-Dsql-gateway.endpoint.type=none".to_owned(),
            ],
            Kind::TaskManager => vec![
                "taskmanager".to_owned(),
                format!("-Dtaskmanager.numberOfTaskSlots={}", self.slots),
                format!("-Dtaskmanager.host={address}"),
                format!("-Dtaskmanager.bind-host={address}"),
                format!("-Dtaskmanager.resource-id={}", self.resource_id(node)),
                format!("-Dio.tmp.dirs={disk}"),
            ],
        };
        std::fs::create_dir_all(self.disk(node))?;
        arguments.push(format!("-Dhigh-availability.raft.peers={}", peers.join(",")));
        arguments.extend(self.settings.iter().cloned());
        let path = self.folder.join(format!("{name}.log"));
        let log = || std::fs::OpenOptions::new().create(true).append(true).open(&path);
        let mut command = self.command(name)?;
        if let Some(clock) = &self.clock {
            command.env("LD_PRELOAD", clock).env("CHAOS_CLOCK", self.clock_file(node));
        }
        let process = command.args(&arguments).stdin(Stdio::null()).stdout(log()?).stderr(log()?).spawn()?;
        self.nodes[node].process = Some(Role::from(process));
        Ok(())
    }

    fn command(&self, place: &str) -> anyhow::Result<Command> {
        let plain = process::flinkrs(&[])?;
        if self.network.is_none() {
            return Ok(plain);
        }
        let mut command = Network::command(place, &process::binary()?);
        command.current_dir(std::env::temp_dir());
        for (variable, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        Ok(command)
    }

    /// `kill -9`.
    pub fn kill(&mut self, node: usize) -> anyhow::Result<()> {
        match self.nodes[node].process.take() {
            Some(mut process) => process.kill(),
            None => Ok(()),
        }
    }

    /// SIGTERM, and waits for its end.
    pub fn terminate(&mut self, node: usize) -> anyhow::Result<()> {
        match self.nodes[node].process.take() {
            Some(mut process) => {
                process.terminate().with_context(|| format!("stopping {}", self.nodes[node].name)).map(drop)
            }
            None => Ok(()),
        }
    }

    /// Sends a signal.
    pub fn signal(&self, node: usize, name: &str) -> anyhow::Result<()> {
        let node = &self.nodes[node];
        node.process.as_ref().with_context(|| format!("{} does not run", node.name))?.signal(name)
    }

    /// Deletes what a process that does not run has kept.
    pub fn wipe(&self, node: usize) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(self.disk(node))? {
            let path = entry?.path();
            if path.is_dir() { std::fs::remove_dir_all(path)? } else { std::fs::remove_file(path)? }
        }
        Ok(())
    }

    /// Puts the wall clock of a process so many seconds away from that of the machine.
    pub fn set_clock(&self, node: usize, seconds: i64) -> anyhow::Result<()> {
        if self.clock.is_some() {
            // In place: the process has it mapped.
            let mut options = std::fs::OpenOptions::new();
            let file = options.create(true).write(true).truncate(false).open(self.clock_file(node))?;
            std::os::unix::fs::FileExt::write_all_at(&file, &seconds.to_ne_bytes(), 0)?;
        }
        Ok(())
    }

    fn clock_file(&self, node: usize) -> PathBuf {
        self.folder.join(format!("{}.clock", self.nodes[node].name))
    }

    /// Starts again what has ended by itself, as a supervisor would.
    pub fn supervise(&mut self) -> anyhow::Result<()> {
        for node in 0..self.nodes.len() {
            let Node { process, is_wanted, name, started, .. } = &mut self.nodes[node];
            if *is_wanted && started.elapsed() > START_PAUSE && !process.as_mut().is_some_and(Role::runs) {
                if process.take().is_some() {
                    self.deaths.push(name.clone());
                }
                self.start_node(node)?;
            }
        }
        Ok(())
    }

    /// The JobManager that leads, as a JobManager says.
    pub fn leader_by(&self, member: usize) -> anyhow::Result<usize> {
        let overview = get(self.rest(member), "/overview")?;
        let leader = overview["leader"].as_str().with_context(|| format!("no leader in {overview}"))?;
        let mut members = self.wanted(Kind::JobManager).into_iter();
        members.find(|member| self.rpc(*member) == leader).with_context(|| format!("{leader} is no member"))
    }

    /// The JobManager that leads, once there is one.
    pub fn leader(&self) -> anyhow::Result<usize> {
        let deadline = Instant::now() + LIMIT;
        loop {
            match self.ask(|member| self.leader_by(member)) {
                Ok(leader) => return Ok(leader),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => std::thread::sleep(POLL),
            }
        }
    }

    /// Waits until another one than `old` is known to lead by others; answers how long that took, none if it did not within `limit`.
    pub fn await_leader_after(&self, old: usize, since: Instant, limit: Duration) -> Option<Duration> {
        let others: Vec<usize> = self.wanted(Kind::JobManager).into_iter().filter(|member| *member != old).collect();
        while since.elapsed() < limit {
            let leaders = others.iter().filter_map(|member| self.leader_by(*member).ok());
            if leaders.into_iter().any(|leader| leader != old) {
                return Some(since.elapsed());
            }
            std::thread::sleep(POLL);
        }
        None
    }

    /// `GET path` of some JobManager that answers.
    pub fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(|member| get(self.rest(member), path))
    }

    fn ask<T>(&self, ask: impl Fn(usize) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut last = None;
        for member in self.wanted(Kind::JobManager) {
            match ask(member) {
                Ok(answer) => return Ok(answer),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("no JobManager runs")))
    }

    /// Waits until a JobManager takes calls of others.
    pub fn await_member(&mut self, node: usize) -> anyhow::Result<()> {
        let address = self.rpc(node).parse()?;
        self.wait("the new JobManager", |_| Ok(TcpStream::connect_timeout(&address, POLL).is_ok()))
    }

    /// Waits until all processes run and know each other; those that have ended are started again.
    pub fn await_health(&mut self) -> anyhow::Result<()> {
        let taskmanagers = self.wanted(Kind::TaskManager).len();
        let jobmanagers = self.wanted(Kind::JobManager).len();
        self.wait("all processes to know each other", |this| {
            this.supervise()?;
            let Ok(overview) = this.get("/overview") else { return Ok(false) };
            let members = overview["group"]["members"].as_array().map_or(0, Vec::len);
            let whole = overview["group"]["health"] == "HEALTHY" && members == jobmanagers;
            Ok(whole && overview["taskmanagers"] == taskmanagers)
        })
    }

    /// Asks until it holds.
    pub fn wait(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if holds(self)? {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        let overview = self.get("/overview").map_or_else(|error| error.to_string(), |overview| overview.to_string());
        bail!("waited {} s in vain for {what}: {overview}", LIMIT.as_secs())
    }

    /// Runs a command of the client against some JobManager, and takes its output.
    pub fn flinkrs(&self, command: &[&str], member: usize, more: &[&str]) -> anyhow::Result<String> {
        let rest = self.rest(member).to_string();
        let arguments: Vec<&str> = [command, &["-m", &rest], more].concat();
        let output = process::run(&arguments)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let problem = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "flinkrs {} failed: {text}{problem}", arguments.join(" "));
        Ok(text)
    }
}

fn compile_clock(folder: &Path) -> anyhow::Result<PathBuf> {
    let library = folder.join("clock.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("chaos/clock.c");
    let output =
        Command::new("cc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl").output();
    let output = output.context("clocks that jump need a C compiler (cc)")?;
    ensure!(output.status.success(), "chaos/clock.c: {}", String::from_utf8_lossy(&output.stderr));
    Ok(library)
}
