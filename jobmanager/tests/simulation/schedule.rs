//! One schedule: what happens to a cluster, as a seed draws it, and what has to be so in the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dataflow::checkpoint::{AfterSavepoint, SavepointFormat};
use dataflow::{ExecutionState, JobId, JobStatus};

use super::cluster::{Cluster, graph};
use super::world::{FAIR, Planted, Weather, World};

/// What goes on without an end, and what ends by itself.
const ENDLESS: JobId = JobId(0xa);
const BOUNDED: JobId = JobId(0xb);
/// Rows of each split of the bounded job.
const LIMIT: u64 = 150;
/// Subtasks that jobs begin with.
const PARALLELISM: u64 = 2;
/// How long things may take to come right when nothing more happens.
const CALM: Duration = Duration::from_secs(40);

/// What has become of a schedule.
pub struct Outcome {
    pub seed: u64,
    pub violations: Vec<String>,
    pub trace: Vec<String>,
    pub steps: u64,
}

impl Outcome {
    /// For people: what is wrong, what led to it, and how to see it again.
    pub fn report(&self) -> String {
        let last = self.trace.len().saturating_sub(400);
        format!(
            "{}\n\nseed {} breaks a promise: {}\nagain: FLINKRS_SIMULATION_SEED={} FLINKRS_SIMULATION_SCHEDULES=1 cargo test -p jobmanager --test simulation schedules",
            self.trace[last..].join("\n"),
            self.seed,
            self.violations.join("; "),
            self.seed
        )
    }
}

/// Runs the schedule of a seed.
pub fn run(seed: u64, planted: Planted) -> Outcome {
    let world = World::new(seed, planted);
    let cluster = Cluster::new(world.clone(), 3, 3);
    let over = Arc::new(AtomicBool::new(false));
    let (nemesis, ended) = (cluster.clone(), over.clone());
    cluster.environment.spawn(async move {
        Schedule { cluster: nemesis }.run().await;
        ended.store(true, Ordering::Relaxed);
    });
    cluster.environment.spawn(cluster.clone().hold_elections());
    // What is broken once is worth no more time.
    world.scheduler.run(|| over.load(Ordering::Relaxed) || !world.violations().is_empty());
    let outcome =
        Outcome { seed, violations: world.violations(), trace: world.trace(), steps: world.scheduler.steps() };
    world.scheduler.end();
    for address in cluster.jobmanagers.iter().chain(&cluster.taskmanagers) {
        cluster.kill(address);
    }
    outcome
}

struct Schedule {
    cluster: Arc<Cluster>,
}

impl Schedule {
    fn world(&self) -> &Arc<World> {
        &self.cluster.world
    }

    async fn pause(&self, longest_ms: u64) {
        let pause = self.world().up_to(Duration::from_millis(longest_ms));
        self.world().clock().sleep(pause).await;
    }

    async fn run(&self) {
        for address in &self.cluster.jobmanagers {
            self.cluster.start_jobmanager(address);
        }
        for address in &self.cluster.taskmanagers {
            self.cluster.start_taskmanager(address, address);
        }
        let jobs = match self.world().below(3) {
            0 => vec![ENDLESS],
            1 => vec![BOUNDED],
            _ => vec![ENDLESS, BOUNDED],
        };
        let storm = [
            Weather { delay: Duration::from_millis(1), lost: 0, twice: 5, late: 2 },
            Weather { delay: Duration::from_millis(3), lost: 4, twice: 20, late: 10 },
            Weather { delay: Duration::from_millis(10), lost: 15, twice: 50, late: 30 },
        ];
        self.world().set_weather(storm[self.world().below(3) as usize]);
        self.world().set_failures(if self.world().below(3) == 0 { 60 } else { 0 });
        self.pause(300).await;
        for job in &jobs {
            self.submit(*job).await;
        }
        let rounds = 3 + self.world().below(6);
        for _ in 0..rounds {
            self.pause(700).await;
            self.strike().await;
            if self.world().below(3) == 0 {
                self.disturb(&jobs).await;
            }
        }
        self.pause(500).await;
        self.calm_down().await;
        self.check(&jobs).await;
    }

    /// Submits until it is known that the job is taken.
    async fn submit(&self, job: JobId) {
        let rows = (job == BOUNDED).then_some(LIMIT);
        let graph = graph(job.0, PARALLELISM as u32, rows);
        for _ in 0..200 {
            let submitted = graph.clone();
            let asked = move |dispatcher: jobmanager::simulation::Dispatcher| {
                let graph = submitted.clone();
                async move { dispatcher.submit(graph).await.map_err(|error| error.to_string()) }
            };
            match self.cluster.ask(asked).await {
                Ok(Ok(_)) => return self.world().accepted(job),
                // What a try before has done.
                Ok(Err(why)) if why.contains("already been submitted") => return self.world().accepted(job),
                Ok(Err(why)) => self.world().note(format!("client: {job} is not taken: {why}")),
                Err(lost) => self.world().note(format!("client: {job} is not taken: {}", lost.0)),
            }
            self.pause(100).await;
        }
    }

    fn any<'a>(&self, of: &'a [String]) -> &'a str {
        &of[self.world().below(of.len() as u64) as usize]
    }

    /// The leader most of the time.
    fn victim(&self) -> String {
        let cluster = &self.cluster;
        match (self.world().below(6), self.world().leader()) {
            (0..=2, Some((leader, _))) => leader,
            (3, _) => self.any(&cluster.jobmanagers).to_owned(),
            _ => self.any(&cluster.taskmanagers).to_owned(),
        }
    }

    async fn strike(&self) {
        let (world, cluster) = (self.world().clone(), &self.cluster);
        match self.world().below(10) {
            0..=2 => {
                let victim = self.victim();
                self.kill_for_a_while(victim);
            }
            3 => {
                let all = if world.below(2) == 0 { &cluster.jobmanagers } else { &cluster.taskmanagers };
                all.iter().for_each(|address| self.kill_for_a_while(address.clone()));
            }
            4 | 5 => {
                let victim = self.victim();
                self.cut_off(victim);
            }
            6 | 7 => {
                let victim = self.victim();
                let Some(process) = world.process(&victim) else { return };
                let pause = world.up_to(Duration::from_millis(2_500));
                world.note(format!("{victim} stops for {pause:?}"));
                world.scheduler.stop(process, true);
                let again = world.clone();
                cluster.environment.spawn(async move {
                    again.clock().sleep(pause).await;
                    again.note(format!("{victim} goes on"));
                    again.scheduler.stop(process, false);
                });
            }
            _ => {
                let next = self.any(&cluster.jobmanagers);
                let lives = world.process(next).is_some_and(|process| !world.scheduler.is_stopped(process));
                if lives && world.has_majority(next, &cluster.jobmanagers) {
                    cluster.elect(next);
                }
            }
        }
    }

    fn kill_for_a_while(&self, address: String) {
        let (world, cluster) = (self.world().clone(), self.cluster.clone());
        cluster.kill(&address);
        let environment = cluster.environment.clone();
        environment.spawn(async move {
            let pause = Duration::from_millis(30) + world.up_to(Duration::from_millis(1_500));
            world.clock().sleep(pause).await;
            if world.process(&address).is_some() {
                return;
            }
            if address.starts_with("jm") {
                cluster.start_jobmanager(&address);
            } else {
                // With a name of its own, or with that of the one before.
                let name =
                    if world.below(2) == 0 { address.clone() } else { format!("{address}-{:x}", world.below(1 << 24)) };
                cluster.start_taskmanager(&address, &name);
            }
        });
    }

    /// From all others, or from some; in both directions, or in one.
    fn cut_off(&self, address: String) {
        let (world, cluster) = (self.world().clone(), &self.cluster);
        let (some, direction) = (world.below(2) == 0, world.below(3));
        let mut ways = Vec::new();
        let others = cluster.jobmanagers.iter().chain(&cluster.taskmanagers).filter(|other| **other != address);
        for other in others {
            if some && world.below(2) == 0 {
                continue;
            }
            if direction != 1 {
                ways.push((address.clone(), other.clone()));
            }
            if direction != 2 {
                ways.push((other.clone(), address.clone()));
            }
        }
        let pause = world.up_to(Duration::from_millis(3_000));
        world.note(format!("cut for {pause:?}: {ways:?}"));
        ways.iter().for_each(|(from, to)| world.cut(from, to, true));
        cluster.environment.spawn(async move {
            world.clock().sleep(pause).await;
            ways.iter().for_each(|(from, to)| world.cut(from, to, false));
        });
    }

    /// A client wants something.
    async fn disturb(&self, jobs: &[JobId]) {
        let job = jobs[self.world().below(jobs.len() as u64) as usize];
        match self.world().below(5) {
            0 => self.cancel(job).await,
            1 | 2 => {
                let stop = self.world().below(6) == 0;
                if stop {
                    self.world().stops(job);
                }
                let after = if stop { AfterSavepoint::Stop } else { AfterSavepoint::Continue };
                let asked = move |dispatcher: jobmanager::simulation::Dispatcher| async move {
                    dispatcher.trigger_savepoint(job, None, after, SavepointFormat::Canonical).await
                };
                let answer = self.cluster.ask(asked).await;
                self.world().note(format!("client: savepoint of {job} ({after:?}): {answer:?}"));
            }
            3 => {
                let named = self.any(&self.cluster.taskmanagers).to_owned();
                let Some(resource_id) = self.cluster.resource_id(&named) else { return };
                let asked_of = self.cluster.clone();
                // It takes its time.
                self.cluster.environment.spawn(async move {
                    let asked = move |dispatcher: jobmanager::simulation::Dispatcher| {
                        let resource_id = resource_id.clone();
                        async move { dispatcher.decommission(&resource_id).await }
                    };
                    let answer = asked_of.ask(asked).await;
                    asked_of.world.note(format!("client: {named} is left: {answer:?}"));
                    // It was to be left so that it can be stopped.
                    asked_of.world.clock().sleep(Duration::from_millis(100)).await;
                    Schedule { cluster: asked_of }.kill_for_a_while(named);
                });
            }
            _ => {
                let parallelism = 1 + self.world().below(3) as u32;
                let asked = move |dispatcher: jobmanager::simulation::Dispatcher| async move {
                    let bounds = jobmanager::simulation::ParallelismBounds { lower_bound: 1, upper_bound: parallelism };
                    let vertices = [1u128, 2].map(|id| (dataflow::VertexId(id), bounds));
                    let requirements = jobmanager::simulation::ResourceRequirements(vertices.into());
                    let cause = jobmanager::simulation::RescaleCause::UpdateRequirement;
                    dispatcher.rescale(job, requirements, cause).await.map_err(|error| error.to_string())
                };
                let answer = self.cluster.ask(asked).await;
                self.world().note(format!("client: {job} is to have {parallelism} subtasks: {answer:?}"));
            }
        }
    }

    async fn cancel(&self, job: JobId) {
        let asked = move |dispatcher: jobmanager::simulation::Dispatcher| async move {
            dispatcher.cancel(job).await.map_err(|error| error.to_string())
        };
        match self.cluster.ask(asked).await {
            Ok(Ok(Some(_))) => self.world().cancelled(job),
            other => self.world().note(format!("client: {job} is perhaps cancelled: {other:?}")),
        }
    }

    /// Everything is there and can speak.
    async fn calm_down(&self) {
        let world = self.world();
        world.note("nothing more happens");
        world.heal();
        world.set_weather(FAIR);
        world.set_failures(0);
        // What was killed or stopped is back by then.
        world.clock().sleep(Duration::from_millis(3_000)).await;
        world.heal();
    }

    async fn picture(&self, job: JobId) -> Option<Arc<jobmanager::simulation::ExecutionGraph>> {
        let asked = move |dispatcher: jobmanager::simulation::Dispatcher| async move { dispatcher.picture(job).await };
        let picture = self.cluster.ask(asked).await.ok()??;
        self.world().seen(job, picture.status());
        Some(picture)
    }

    /// Every job that was accepted goes on, or has ended for a reason.
    async fn check(&self, jobs: &[JobId]) {
        let world = self.world();
        for &job in jobs.iter().filter(|job| world.accepted_jobs().contains(job)) {
            let before = world.newest(job);
            let well = self.eventually(|| async {
                let picture = self.picture(job).await?;
                match picture.status() {
                    status if status.is_terminal() => Some(status),
                    JobStatus::Running if !world.is_cancelled(job) && job == ENDLESS => {
                        let runs = picture.executions().all(|it| it.state() == ExecutionState::Running);
                        (runs && world.newest(job) > before + 2).then_some(JobStatus::Running)
                    }
                    _ => None,
                }
            });
            let Some(status) = well.await else {
                let picture = self.picture(job).await;
                let states = picture.map(|picture| {
                    let tasks: Vec<_> = picture.executions().map(|it| format!("{} {}", it.id(), it.state())).collect();
                    let failures: Vec<_> =
                        picture.exceptions().entries().iter().map(|entry| entry.exception.failure.one_line()).collect();
                    format!("{}: {tasks:?}, {failures:?}", picture.status())
                });
                world.violated(format!("{job} does not go on: {states:?}"));
                return;
            };
            world.note(format!("{job} is {status}"));
            match status {
                JobStatus::Failed => world.violated(format!("{job} has failed")),
                JobStatus::Running if world.is_cancelled(job) => {
                    world.violated(format!("{job} was cancelled and runs"))
                }
                JobStatus::Finished if job == BOUNDED && !world.is_stopped(job) => {
                    world.check_whole(job);
                    let rows = world.committed_rows(job);
                    // A source has as many splits as it had readers when it began.
                    if rows == 0 || !rows.is_multiple_of(LIMIT) {
                        world.violated(format!("{job} has finished, and {rows} rows are committed"));
                    }
                }
                JobStatus::Running | JobStatus::Finished => world.check_whole(job),
                _ => {}
            }
            if status == JobStatus::Running {
                while !world.is_cancelled(job) {
                    self.cancel(job).await;
                    self.pause(20).await;
                }
            }
        }
        // What has ended stays so, whoever leads, and nothing of it runs.
        for _ in 0..2 {
            for &job in jobs.iter().filter(|job| world.accepted_jobs().contains(job)) {
                let ended = self.eventually(|| async {
                    let picture = self.picture(job).await?;
                    (picture.status().is_terminal() && world.running(job).is_empty()).then_some(())
                });
                if ended.await.is_none() {
                    world.violated(format!("{job} does not end: {:?} run", world.running(job)));
                    return;
                }
            }
            for address in &self.cluster.jobmanagers {
                self.kill_for_a_while(address.clone());
            }
            world.clock().sleep(Duration::from_millis(2_500)).await;
        }
    }

    /// Asks until there is an answer.
    async fn eventually<T, F: Future<Output = Option<T>>>(&self, ask: impl Fn() -> F) -> Option<T> {
        let clock = self.world().clock();
        let deadline = clock.instant() + CALM;
        while clock.instant() < deadline {
            if let Some(answer) = ask().await {
                return Some(answer);
            }
            clock.sleep(Duration::from_millis(100)).await;
        }
        None
    }
}
