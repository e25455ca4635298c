//! What may happen to a cluster, and that it happens. Each ends with everything as it was, save for processes that have to find each other again.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use common::random::Random;
use serde_json::{Value, json};

use super::cluster::{Cluster, Kind};
use super::network::{self, Link};

/// `heartbeat.timeout` of a chaos run: who is away for longer is lost.
pub const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(8);
/// How long what passes by itself lasts at least, and how much longer at most.
const SHORT: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(2));
/// So short that what is sent again afterwards, ever more rarely by TCP, comes in time too.
const BLINK: (Duration, Duration) = (Duration::from_secs(1), Duration::from_millis(1_500));
/// As long as it takes to be lost, and more.
const LONG: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(3));
/// No election takes longer, or there is none.
const ELECTION_LIMIT: Duration = Duration::from_secs(10);
/// Up to so many seconds a clock jumps: Kafka takes no record from more than an hour ahead.
const CLOCK_JUMP: i64 = 3_000;

/// What it needs of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Processes.
    Nothing,
    /// A network, or small disks, of one's own.
    NameSpaces,
}

/// What of the job may be disturbed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbs {
    /// Nothing: it stays RUNNING, in the attempts that it is in.
    Nothing,
    /// Tasks start again.
    Tasks,
}

/// Something that happens.
#[derive(Debug, Clone, Copy)]
pub struct Nemesis {
    /// On the command line.
    pub name: &'static str,
    /// What happens.
    pub what: &'static str,
    /// Of the machine.
    pub needs: Needs,
    /// Of the job.
    pub disturbs: Disturbs,
    strike: fn(&mut Strike<'_>) -> anyhow::Result<()>,
}

const fn calm(name: &'static str, what: &'static str, needs: Needs, strike: Do) -> Nemesis {
    Nemesis { name, what, needs, disturbs: Disturbs::Nothing, strike }
}

const fn rough(name: &'static str, what: &'static str, needs: Needs, strike: Do) -> Nemesis {
    Nemesis { name, what, needs, disturbs: Disturbs::Tasks, strike }
}

type Do = fn(&mut Strike<'_>) -> anyhow::Result<()>;

use Needs::{NameSpaces, Nothing};

/// All of them.
pub const NEMESES: &[Nemesis] = &[
    calm("kill", "the leader is killed (-9)", Nothing, kill_leader),
    calm("kill-follower", "a JobManager that does not lead is killed (-9)", Nothing, kill_follower),
    calm(
        "pause",
        "the leader is stopped (SIGSTOP) for seconds, and goes on believing that it leads",
        Nothing,
        pause_leader,
    ),
    calm("wipe", "the leader is killed, and its disk is empty when it comes back", Nothing, wipe_leader),
    calm("all-jobmanagers", "all JobManagers are killed at once", Nothing, kill_jobmanagers),
    calm(
        "rolling-jobmanagers",
        "the JobManagers are stopped (SIGTERM) and started one by one",
        Nothing,
        roll_jobmanagers,
    ),
    calm("members", "another JobManager takes the place of one of the group, which leaves it", Nothing, replace_member),
    calm("grow-shrink", "a JobManager joins the group, and one is taken out of it", Nothing, add_and_remove_member),
    calm(
        "clock",
        "clocks of all processes jump, each by up to 50 minutes forward or back, and jump back later",
        Nothing,
        jump_clocks,
    ),
    calm(
        "cut-leader",
        "the leader is cut off from the other JobManagers, TaskManagers reach all",
        NameSpaces,
        cut_leader,
    ),
    calm(
        "cut-leader-in",
        "nothing reaches the leader from the other JobManagers, what it sends arrives",
        NameSpaces,
        cut_leader_in,
    ),
    calm(
        "cut-leader-out",
        "nothing that the leader sends reaches the other JobManagers, what they send arrives",
        NameSpaces,
        cut_leader_out,
    ),
    calm("isolate-leader", "the leader is cut off from all JobManagers and TaskManagers", NameSpaces, isolate_leader),
    calm(
        "blink",
        "a TaskManager is cut off from all JobManagers, for less than the heartbeat timeout",
        NameSpaces,
        blink,
    ),
    calm("slow", "every packet takes 20 to 60 ms", NameSpaces, slow_links),
    calm("lossy", "one packet in twenty gets lost", NameSpaces, lossy_links),
    calm(
        "full-store",
        "the disk of the leader is full; its log has room that RocksDB has reserved, for some time",
        NameSpaces,
        fill_store,
    ),
    rough("kill-taskmanager", "a TaskManager is killed (-9)", Nothing, kill_taskmanager),
    rough(
        "pause-taskmanager",
        "a TaskManager is stopped (SIGSTOP) for longer than the heartbeat timeout, then goes on",
        Nothing,
        pause_taskmanager,
    ),
    rough("everything", "all processes are killed at once", Nothing, kill_everything),
    rough(
        "rolling",
        "all processes are restarted one by one: JobManagers by SIGTERM, TaskManagers are replaced and decommissioned before",
        Nothing,
        roll_everything,
    ),
    rough("rescale", "the job gets another parallelism", Nothing, rescale),
    rough("decommission", "a TaskManager is replaced by another, and decommissioned", Nothing, decommission),
    rough(
        "cut-taskmanager",
        "a TaskManager is cut off from all JobManagers, for longer than the heartbeat timeout; Kafka it reaches",
        NameSpaces,
        cut_taskmanager,
    ),
    rough(
        "cut-taskmanager-in",
        "nothing reaches a TaskManager from the JobManagers, what it sends arrives; for longer than the heartbeat timeout",
        NameSpaces,
        cut_taskmanager_in,
    ),
    rough(
        "cut-taskmanager-out",
        "nothing that a TaskManager sends reaches JobManagers, what they send arrives; for longer than the heartbeat timeout",
        NameSpaces,
        cut_taskmanager_out,
    ),
    rough("cut-exchange", "the TaskManagers are cut off from each other", NameSpaces, cut_exchange),
    rough("cut-kafka", "a TaskManager is cut off from Kafka", NameSpaces, cut_kafka),
    rough("full-checkpoints", "the disk of the checkpoints is full", NameSpaces, fill_checkpoints),
    rough("full-state", "the disk of a TaskManager is full", NameSpaces, fill_state),
];

/// What was seen of a strike.
#[derive(Debug, Clone, Default)]
pub struct Struck {
    /// Whom it hit and for how long.
    pub details: String,
    /// Until another JobManager was known to lead, where the leader was hit.
    pub new_leader: Option<Duration>,
    /// What the job should have from now on.
    pub parallelism: Option<u64>,
}

impl Nemesis {
    /// That of a name.
    pub fn named(name: &str) -> Option<&'static Nemesis> {
        NEMESES.iter().find(|nemesis| nemesis.name == name)
    }

    /// Lets it happen to the cluster under this job, and ends it.
    pub fn strike(&self, cluster: &mut Cluster, job: &str, random: Random) -> anyhow::Result<Struck> {
        let mut strike = Strike { cluster, job, random, struck: Struck::default() };
        (self.strike)(&mut strike)?;
        Ok(strike.struck)
    }
}

/// A strike under way.
struct Strike<'a> {
    cluster: &'a mut Cluster,
    job: &'a str,
    random: Random,
    struck: Struck,
}

impl Strike<'_> {
    fn name(&self, node: usize) -> String {
        self.cluster.nodes[node].name.clone()
    }

    fn note(&mut self, details: impl AsRef<str>) {
        if !self.struck.details.is_empty() {
            self.struck.details.push_str(", ");
        }
        self.struck.details.push_str(details.as_ref());
    }

    fn one_of(&mut self, nodes: &[usize]) -> usize {
        nodes[self.random.below(nodes.len() as u64) as usize]
    }

    fn jobmanagers(&self) -> Vec<usize> {
        self.cluster.wanted(Kind::JobManager)
    }

    fn a_taskmanager(&mut self) -> usize {
        let taskmanagers = self.cluster.wanted(Kind::TaskManager);
        self.one_of(&taskmanagers)
    }

    fn lasting(&mut self, (least, more): (Duration, Duration)) -> Duration {
        let lasts = least + Duration::from_millis(self.random.below(more.as_millis() as u64));
        self.note(format!("for {:.1} s", lasts.as_secs_f64()));
        lasts
    }

    /// Waits for another leader, if there is to be one.
    fn await_new_leader(&mut self, old: usize, since: Instant) {
        self.struck.new_leader = self.cluster.await_leader_after(old, since, ELECTION_LIMIT);
        if self.struck.new_leader.is_none() {
            self.note("no other one was elected");
        }
    }

    /// Cuts the links of all these with all those: to them, from them, or both ways.
    fn cut(&mut self, from: &[usize], to: &[usize], both_ways: bool) -> anyhow::Result<()> {
        let names = |nodes: &[usize]| nodes.iter().map(|node| self.name(*node)).collect::<Vec<_>>();
        self.cut_places(&names(from), &names(to), both_ways)
    }

    fn cut_places(&mut self, from: &[String], to: &[String], both_ways: bool) -> anyhow::Result<()> {
        let mut pairs = Vec::new();
        for from in from {
            for to in to.iter().filter(|to| *to != from) {
                pairs.push((from.clone(), to.clone()));
                if both_ways {
                    pairs.push((to.clone(), from.clone()));
                }
            }
        }
        self.network()?.cut(&pairs)
    }

    fn network(&mut self) -> anyhow::Result<&mut network::Network> {
        self.cluster.network.as_mut().context("there is no network of one's own")
    }

    /// Waits, then heals the network.
    fn heal_after(&mut self, lasts: Duration) -> anyhow::Result<()> {
        std::thread::sleep(lasts);
        self.network()?.heal()
    }

    /// One more TaskManager, then the old one is left by all jobs and stopped.
    fn replace_taskmanager(&mut self, old: usize) -> anyhow::Result<()> {
        let new = self.cluster.spare(Kind::TaskManager)?;
        self.cluster.start_node(new)?;
        self.cluster.await_health()?;
        let leader = self.cluster.leader()?;
        self.cluster.flinkrs(&["decommission"], leader, &[&self.cluster.resource_id(old)])?;
        self.cluster.nodes[old].is_wanted = false;
        self.cluster.terminate(old)?;
        self.cluster.await_health()
    }
}

fn kill_leader(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let leader = strike.cluster.leader()?;
    strike.note(strike.name(leader));
    let began = Instant::now();
    strike.cluster.kill(leader)?;
    strike.await_new_leader(leader, began);
    strike.cluster.start_node(leader)
}

fn kill_follower(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let leader = strike.cluster.leader()?;
    let followers: Vec<usize> = strike.jobmanagers().into_iter().filter(|member| *member != leader).collect();
    let follower = strike.one_of(&followers);
    strike.note(strike.name(follower));
    strike.cluster.kill(follower)?;
    let lasts = strike.lasting(SHORT);
    std::thread::sleep(lasts);
    strike.cluster.start_node(follower)
}

fn pause_leader(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let leader = strike.cluster.leader()?;
    strike.note(strike.name(leader));
    let lasts = strike.lasting(SHORT);
    let began = Instant::now();
    strike.cluster.signal(leader, "STOP")?;
    strike.await_new_leader(leader, began);
    std::thread::sleep(lasts.saturating_sub(began.elapsed()));
    strike.cluster.signal(leader, "CONT")
}

fn wipe_leader(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let leader = strike.cluster.leader()?;
    strike.note(strike.name(leader));
    let began = Instant::now();
    strike.cluster.kill(leader)?;
    strike.await_new_leader(leader, began);
    strike.cluster.wipe(leader)?;
    strike.cluster.start_node(leader)
}

fn kill_jobmanagers(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let began = Instant::now();
    for member in strike.jobmanagers() {
        strike.cluster.kill(member)?;
    }
    for member in strike.jobmanagers() {
        strike.cluster.start_node(member)?;
    }
    // Any of them.
    strike.await_new_leader(usize::MAX, began);
    Ok(())
}

fn kill_everything(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let taskmanagers = strike.cluster.wanted(Kind::TaskManager);
    for node in &taskmanagers {
        strike.cluster.kill(*node)?;
    }
    kill_jobmanagers(strike)?;
    taskmanagers.into_iter().try_for_each(|node| strike.cluster.start_node(node))
}

fn roll_jobmanagers(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    for member in strike.jobmanagers() {
        let leader = strike.cluster.leader()?;
        let began = Instant::now();
        strike.cluster.terminate(member)?;
        if member == leader {
            strike.await_new_leader(leader, began);
        }
        strike.cluster.start_node(member)?;
        strike.cluster.await_health()?;
    }
    Ok(())
}

fn roll_everything(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    roll_jobmanagers(strike)?;
    let taskmanagers = strike.cluster.wanted(Kind::TaskManager);
    taskmanagers.into_iter().try_for_each(|node| strike.replace_taskmanager(node))
}

fn replace_member(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let (members, new) = (strike.jobmanagers(), strike.cluster.spare(Kind::JobManager)?);
    let old = strike.one_of(&members);
    let leader = strike.cluster.leader()?;
    strike.note(format!("{} by {}", strike.name(old), strike.name(new)));
    strike.note(if old == leader { "the leader" } else { "a follower" });
    strike.cluster.start_node(new)?;
    strike.cluster.await_member(new)?;
    let (from, to) = (strike.cluster.rpc(old), strike.cluster.rpc(new));
    let began = Instant::now();
    strike.cluster.flinkrs(&["jobmanager-admin"], leader, &["replace", &from, &to])?;
    strike.note(format!("took {} ms", began.elapsed().as_millis()));
    leave(strike, old)
}

fn add_and_remove_member(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let (members, new) = (strike.jobmanagers(), strike.cluster.spare(Kind::JobManager)?);
    let old = strike.one_of(&members);
    let leader = strike.cluster.leader()?;
    strike.note(format!("{} joins, {} leaves", strike.name(new), strike.name(old)));
    strike.note(if old == leader { "the leader" } else { "a follower" });
    strike.cluster.start_node(new)?;
    strike.cluster.await_member(new)?;
    strike.cluster.flinkrs(&["jobmanager-admin"], leader, &["add", &strike.cluster.rpc(new)])?;
    strike.cluster.await_health()?;
    strike.cluster.flinkrs(&["jobmanager-admin"], leader, &["remove", &strike.cluster.rpc(old)])?;
    leave(strike, old)
}

/// Stops a JobManager that is in the group no more.
fn leave(strike: &mut Strike<'_>, old: usize) -> anyhow::Result<()> {
    strike.cluster.nodes[old].is_wanted = false;
    strike.cluster.terminate(old)?;
    strike.cluster.wipe(old)?;
    strike.cluster.await_health()
}

fn jump_clocks(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let nodes: Vec<usize> = [Kind::JobManager, Kind::TaskManager].map(|kind| strike.cluster.wanted(kind)).concat();
    let lasts = strike.lasting(SHORT);
    for node in &nodes {
        let seconds = strike.random.below(2 * CLOCK_JUMP.unsigned_abs()) as i64 - CLOCK_JUMP;
        strike.note(format!("{} {seconds:+} s", strike.name(*node)));
        strike.cluster.set_clock(*node, seconds)?;
    }
    std::thread::sleep(lasts);
    nodes.into_iter().try_for_each(|node| strike.cluster.set_clock(node, 0))
}

/// Cuts the leader off in these directions, waits for another one, and heals.
fn part_leader(strike: &mut Strike<'_>, from_it: bool, to_it: bool, taskmanagers: bool) -> anyhow::Result<()> {
    let leader = strike.cluster.leader()?;
    strike.note(strike.name(leader));
    let lasts = strike.lasting(SHORT);
    let mut others = strike.jobmanagers();
    if taskmanagers {
        others.extend(strike.cluster.wanted(Kind::TaskManager));
    }
    let began = Instant::now();
    if from_it {
        strike.cut(&[leader], &others, false)?;
    }
    if to_it {
        strike.cut(&others, &[leader], false)?;
    }
    strike.await_new_leader(leader, began);
    strike.heal_after(lasts)
}

fn cut_leader(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    part_leader(strike, true, true, false)
}

fn cut_leader_in(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    part_leader(strike, false, true, false)
}

fn cut_leader_out(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    part_leader(strike, true, false, false)
}

fn isolate_leader(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    part_leader(strike, true, true, true)
}

/// Cuts a TaskManager off from the JobManagers in these directions for so long.
fn part_taskmanager(
    strike: &mut Strike<'_>,
    from_it: bool,
    to_it: bool,
    time: (Duration, Duration),
) -> anyhow::Result<()> {
    let taskmanager = strike.a_taskmanager();
    strike.note(strike.name(taskmanager));
    let (lasts, jobmanagers) = (strike.lasting(time), strike.jobmanagers());
    if from_it {
        strike.cut(&[taskmanager], &jobmanagers, false)?;
    }
    if to_it {
        strike.cut(&jobmanagers, &[taskmanager], false)?;
    }
    strike.heal_after(lasts)
}

fn blink(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    part_taskmanager(strike, true, true, BLINK)
}

fn cut_taskmanager(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    part_taskmanager(strike, true, true, LONG)
}

fn cut_taskmanager_in(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    part_taskmanager(strike, false, true, LONG)
}

fn cut_taskmanager_out(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    part_taskmanager(strike, true, false, LONG)
}

fn cut_exchange(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let (lasts, taskmanagers) = (strike.lasting(SHORT), strike.cluster.wanted(Kind::TaskManager));
    strike.cut(&taskmanagers, &taskmanagers, true)?;
    strike.heal_after(lasts)
}

fn cut_kafka(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let taskmanager = strike.a_taskmanager();
    strike.note(strike.name(taskmanager));
    let lasts = strike.lasting(SHORT);
    strike.cut_places(&[strike.name(taskmanager)], &[network::HOST.to_owned()], true)?;
    strike.heal_after(lasts)
}

fn link(strike: &mut Strike<'_>, link: Link) -> anyhow::Result<()> {
    let lasts = strike.lasting(SHORT);
    strike.network()?.link(link)?;
    strike.heal_after(lasts)
}

fn slow_links(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    link(strike, Link { delay_ms: 20, jitter_ms: 40, loss: 0.0 })
}

fn lossy_links(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    link(strike, Link { delay_ms: 0, jitter_ms: 0, loss: 0.05 })
}

fn fill_store(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let leader = strike.cluster.leader()?;
    strike.note(strike.name(leader));
    let lasts = strike.lasting(SHORT);
    let began = Instant::now();
    let file = network::fill(&strike.cluster.disk(leader))?;
    strike.await_new_leader(leader, began);
    std::thread::sleep(lasts);
    std::fs::remove_file(file)?;
    Ok(())
}

fn fill_checkpoints(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let lasts = strike.lasting(SHORT);
    let file = network::fill(&strike.cluster.checkpoints())?;
    std::thread::sleep(lasts);
    std::fs::remove_file(file)?;
    Ok(())
}

fn fill_state(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let taskmanager = strike.a_taskmanager();
    strike.note(strike.name(taskmanager));
    let lasts = strike.lasting(SHORT);
    let file = network::fill(&strike.cluster.disk(taskmanager))?;
    std::thread::sleep(lasts);
    std::fs::remove_file(file)?;
    Ok(())
}

fn kill_taskmanager(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let taskmanager = strike.a_taskmanager();
    strike.note(strike.name(taskmanager));
    strike.cluster.kill(taskmanager)?;
    strike.cluster.start_node(taskmanager)
}

fn pause_taskmanager(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let taskmanager = strike.a_taskmanager();
    strike.note(strike.name(taskmanager));
    let lasts = strike.lasting(LONG);
    strike.cluster.signal(taskmanager, "STOP")?;
    std::thread::sleep(lasts);
    strike.cluster.signal(taskmanager, "CONT")
}

fn decommission(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let taskmanager = strike.a_taskmanager();
    strike.note(strike.name(taskmanager));
    strike.replace_taskmanager(taskmanager)
}

fn rescale(strike: &mut Strike<'_>) -> anyhow::Result<()> {
    let parallelism = 1 + strike.random.below(4);
    strike.struck.parallelism = Some(parallelism);
    strike.note(format!("to {parallelism}"));
    let path = format!("/jobs/{}/resource-requirements", strike.job);
    let mut requirements = strike.cluster.get(&path)?;
    let vertices = requirements.as_object_mut().context("requirements are by vertex")?;
    ensure!(!vertices.is_empty(), "the job has no vertices");
    for (_, vertex) in vertices.iter_mut() {
        vertex["parallelism"] = json!({ "lowerBound": 1, "upperBound": parallelism });
    }
    put(strike.cluster, &path, &requirements)
}

fn put(cluster: &Cluster, path: &str, body: &Value) -> anyhow::Result<()> {
    let url = format!("http://{}{path}", cluster.rest(cluster.leader()?));
    let output = std::process::Command::new("curl")
        .args([
            "-sS",
            "-m",
            "10",
            "-f",
            "-X",
            "PUT",
            "-H",
            "Content-Type: application/json",
            "-d",
            &body.to_string(),
            &url,
        ])
        .output()
        .context("curl is needed")?;
    ensure!(output.status.success(), "PUT {path}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
