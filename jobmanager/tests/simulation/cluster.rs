//! `Cluster`: the simulated processes, who leads them, and what clients ask of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use common::environment::Environment;
use dataflow::operator_spec::{ConnectorSpec, ReadColumn, SPEC_VERSION, SourceSpec};
use dataflow::{
    Field, JobEdge, JobGraph, JobId, JobVertex, OperatorDescriptor, OperatorId, OperatorSpec, Partitioning, RowType,
    TypeKind, VertexId,
};
use jobmanager::simulation::{Dispatcher, RpcService, Standing};

use super::jobmanager_process::JobManagerProcess;
use super::task::ROWS;
use super::taskmanager_process::TaskManagerProcess;
use super::world::{Lost, World};

/// How long the others wait for a leader that is not heard of.
const ELECTION_TIMEOUT: Duration = Duration::from_millis(150);
/// How long a client waits.
const CLIENT: Duration = Duration::from_secs(4);

/// All processes.
pub struct Cluster {
    pub world: Arc<World>,
    pub environment: Environment,
    pub jobmanagers: Vec<String>,
    pub taskmanagers: Vec<String>,
    processes: Mutex<Processes>,
}

#[derive(Default)]
struct Processes {
    jobmanagers: BTreeMap<String, JobManagerProcess>,
    taskmanagers: BTreeMap<String, TaskManagerProcess>,
    term: u64,
}

impl Cluster {
    pub fn new(world: Arc<World>, jobmanagers: usize, taskmanagers: usize) -> Arc<Self> {
        // The nemesis and the clients are in no process that ends.
        let (_, environment) = world.scheduler.process();
        Arc::new(Cluster {
            world,
            environment,
            jobmanagers: (0..jobmanagers).map(|index| format!("jm{index}:1")).collect(),
            taskmanagers: (0..taskmanagers).map(|index| format!("tm{index}:1")).collect(),
            processes: Mutex::default(),
        })
    }

    fn processes(&self) -> MutexGuard<'_, Processes> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service of a JobManager that lives.
    pub fn jobmanager(&self, address: &str) -> Option<Arc<RpcService>> {
        self.processes().jobmanagers.get(address).map(|process| process.rpc.clone())
    }

    /// The service of a TaskManager that lives.
    pub fn task_manager(&self, address: &str) -> Option<Arc<taskmanager::simulation::RpcService>> {
        self.processes().taskmanagers.get(address).map(|process| process.service.clone())
    }

    /// The name of a TaskManager that lives.
    pub fn resource_id(&self, address: &str) -> Option<String> {
        self.processes().taskmanagers.get(address).map(|process| process.resource_id.clone())
    }

    pub fn start_jobmanager(self: &Arc<Self>, address: &str) {
        let process = JobManagerProcess::start(self, address, &self.jobmanagers);
        let leader = self.world.leader().map(|(leader, _)| leader);
        process.belief.send_replace(Standing::Follows { leader });
        self.processes().jobmanagers.insert(address.to_owned(), process);
    }

    pub fn start_taskmanager(self: &Arc<Self>, address: &str, resource_id: &str) {
        let process = TaskManagerProcess::start(self, address, resource_id, 2, &self.jobmanagers);
        self.processes().taskmanagers.insert(address.to_owned(), process);
    }

    pub fn kill(&self, address: &str) {
        self.world.kill(address);
        let dead = {
            let mut processes = self.processes();
            (processes.jobmanagers.remove(address), processes.taskmanagers.remove(address))
        };
        drop(dead);
    }

    /// Another one leads from now on; the others hear of it when they do.
    pub fn elect(self: &Arc<Self>, leader: &str) {
        let term = {
            let mut processes = self.processes();
            processes.term += 1;
            processes.term
        };
        self.world.elect(Some(leader), term);
        self.believe(leader, Standing::Leads(term));
        for other in self.jobmanagers.iter().filter(|other| *other != leader) {
            let (this, other, leader) = (self.clone(), other.clone(), leader.to_owned());
            self.environment.spawn(async move {
                let pause = this.world.up_to(Duration::from_millis(80));
                this.world.clock().sleep(pause).await;
                let hears = !this.world.is_cut(&leader, &other);
                if !hears {
                    // One that has led finds out by itself that it hears of nobody.
                    let pause = ELECTION_TIMEOUT * 2 + this.world.up_to(Duration::from_millis(200));
                    this.world.clock().sleep(pause).await;
                }
                let still = this.world.leader() == Some((leader.clone(), term));
                if still {
                    let leader = hears.then_some(leader);
                    this.believe(&other, Standing::Follows { leader });
                }
            });
        }
    }

    fn believe(&self, address: &str, standing: Standing) {
        if let Some(process) = self.processes().jobmanagers.get(address) {
            process.belief.send_replace(standing);
        }
    }

    /// Sees to it that somebody leads who can.
    pub async fn hold_elections(self: Arc<Self>) {
        let clock = self.world.clock();
        loop {
            clock.sleep(Duration::from_millis(20)).await;
            let can = |address: &String| {
                let process = self.world.process(address);
                process.is_some_and(|process| !self.world.scheduler.is_stopped(process))
                    && self.world.has_majority(address, &self.jobmanagers)
            };
            if self.world.leader().is_some_and(|(leader, _)| can(&leader)) {
                continue;
            }
            let before = self.world.leader();
            clock.sleep(ELECTION_TIMEOUT + self.world.up_to(ELECTION_TIMEOUT)).await;
            if self.world.leader() != before || before.is_some_and(|(leader, _)| can(&leader)) {
                continue;
            }
            let candidates: Vec<&String> = self.jobmanagers.iter().filter(|address| can(address)).collect();
            if !candidates.is_empty() {
                let leader = candidates[self.world.below(candidates.len() as u64) as usize].clone();
                self.elect(&leader);
            }
        }
    }

    /// Asks the leader; the error says that it is not known what has become of it.
    pub async fn ask<T, F>(
        self: &Arc<Self>,
        question: impl Fn(Dispatcher) -> F + Send + Sync + Clone + 'static,
    ) -> Result<T, Lost>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let Some((leader, _)) = self.world.leader() else { return Err(Lost("nobody leads".to_owned())) };
        let answer = self.world.call("client", &leader, CLIENT, false, || {
            let leadership = self.processes().jobmanagers.get(&leader).map(|process| process.leadership.clone());
            let question = question.clone();
            async move {
                let session = leadership.and_then(|leadership| leadership.session())?;
                session.over().unless_triggered(question(session.dispatcher().clone())).await
            }
        });
        answer.await?.ok_or_else(|| Lost("it does not lead".to_owned()))
    }
}

/// A source and a sink, side by side.
pub fn graph(job: u128, parallelism: u32, rows: Option<u64>) -> JobGraph {
    let physical = RowType::new(vec![Field::new("id", TypeKind::BigInt.nullable())]);
    let source = OperatorSpec::Source(SourceSpec {
        connector: ConnectorSpec {
            table: "c.d.t".into(),
            connector: "datagen".into(),
            options: BTreeMap::new(),
            physical,
            partition_keys: Vec::new(),
            primary_key: Vec::new(),
        },
        read: vec![ReadColumn::Physical(0)],
        projection: None,
        watermark: None,
    });
    let vertex = |id: u128, name: &str, spec| JobVertex {
        id: VertexId(id),
        name: name.to_owned(),
        parallelism,
        max_parallelism: 128,
        operators: vec![OperatorDescriptor {
            id: OperatorId(id),
            name: name.to_owned(),
            spec,
            output: RowType::default(),
        }],
    };
    JobGraph {
        version: SPEC_VERSION,
        job_id: JobId(job),
        name: format!("job {job}"),
        config: rows.map(|rows| (ROWS.to_owned(), rows.to_string())).into_iter().collect(),
        vertices: vec![vertex(1, "source", source), vertex(2, "sink", OperatorSpec::DropUpdateBefore)],
        edges: vec![JobEdge {
            source: VertexId(1),
            target: VertexId(2),
            input: 0,
            partitioning: Partitioning::Forward,
        }],
    }
}
