//! Tables of events and the commands that follow, and random walks.

use super::*;

use crate::scheduling::execution::TaskManagerLocation;
use common::config::{Configuration, Origin};
use common::random::Random;
use dataflow::operator_spec::{SPEC_VERSION, ValuesSpec};
use dataflow::{
    JobEdge, JobId, JobVertex, LeaderEpoch, OperatorDescriptor, OperatorId, OperatorSpec, Partitioning, RowType,
    VertexId,
};
use proptest::prelude::*;

const JOB: JobId = JobId(0xabc);
const SOURCE: VertexId = VertexId(1);
const SINK: VertexId = VertexId(2);

fn vertex(id: VertexId, parallelism: u32, spec: OperatorSpec) -> JobVertex {
    let operator = OperatorDescriptor { id: OperatorId(id.0), name: "op".into(), spec, output: RowType::default() };
    JobVertex { id, name: format!("v{}", id.0), parallelism, max_parallelism: 128, operators: vec![operator] }
}

/// A source of 2 subtasks and a sink of 3, or of 2 with a FORWARD edge.
fn graph(partitioning: Partitioning) -> Arc<JobGraph> {
    let sinks = if partitioning == Partitioning::Forward { 2 } else { 3 };
    let values = OperatorSpec::Values(ValuesSpec { output: RowType::default(), rows: Vec::new() });
    Arc::new(JobGraph {
        version: SPEC_VERSION,
        job_id: JOB,
        name: "job".into(),
        config: Default::default(),
        vertices: vec![vertex(SOURCE, 2, values), vertex(SINK, sinks, OperatorSpec::Collect)],
        edges: vec![JobEdge { source: SOURCE, target: SINK, input: 0, partitioning }],
    })
}

fn job(restart: &[(&str, &str)]) -> ExecutionGraph {
    let config = Configuration::from_map(restart.iter().copied(), Origin::Program);
    let strategy = RestartStrategy::from_config(&config, Random::from_seed(1)).unwrap();
    ExecutionGraph::new(graph(Partitioning::Rebalance), strategy, 1)
}

fn fixed_delay() -> ExecutionGraph {
    job(&[("restart-strategy.type", "fixed-delay"), ("restart-strategy.fixed-delay.attempts", "1")])
}

/// Slots 0 and 1 at TaskManager a, the others at b.
fn slots(count: u32) -> Vec<SlotLocation> {
    let location = |id: &str| {
        Arc::new(TaskManagerLocation {
            resource_id: id.into(),
            rpc_address: format!("{id}:1"),
            data_address: format!("{id}:2"),
        })
    };
    let (a, b) = (location("a"), location("b"));
    let at = |slot| if slot < 2 { &a } else { &b };
    (0..count).map(|slot| SlotLocation { task_manager: at(slot).clone(), slot }).collect()
}

fn id(vertex: VertexId, subtask: u32, attempt: u32) -> ExecutionAttemptId {
    ExecutionAttemptId { job: JOB, vertex, subtask, attempt }
}

fn report(id: ExecutionAttemptId, state: ExecutionState) -> GraphEvent {
    let failure = (state == ExecutionState::Failed).then(|| Failure::user("division by zero"));
    GraphEvent::StateChanged(TaskStateUpdate { attempt: id, state, failure, metrics: None })
}

/// Names a vertex when it is not both.
fn part(vertices: &[VertexId]) -> String {
    if let [only] = vertices { format!("({})", only.0) } else { String::new() }
}

/// Commands as text.
fn run(job: &mut ExecutionGraph, event: GraphEvent, now: i64) -> String {
    let short = |id: ExecutionAttemptId| format!("{}.{}.{}", id.vertex.0, id.subtask, id.attempt);
    let text = |command| match command {
        GraphCommand::RequestSlots(count) => format!("slots({count})"),
        GraphCommand::ReleaseSlots => "release".into(),
        GraphCommand::StartSources(vertices) => format!("start-sources{}", part(&vertices)),
        GraphCommand::AdoptSources(vertices) => format!("adopt-sources{}", part(&vertices)),
        GraphCommand::StopSources(vertices) => format!("stop-sources{}", part(&vertices)),
        GraphCommand::Deploy(ids) => format!("deploy({})", ids.into_iter().map(short).collect::<Vec<_>>().join(",")),
        GraphCommand::CancelTask { attempt, resource_id } => format!("cancel({}@{resource_id})", short(attempt)),
        GraphCommand::RestartAfter(pause) => format!("restart-after({})", pause.as_millis()),
        GraphCommand::Ended(status) => format!("ended({status})"),
    };
    job.handle(event, now).into_iter().map(text).collect::<Vec<_>>().join(" ")
}

#[test]
fn subtasks_go_back_to_where_they_ran() {
    let mut job = ExecutionGraph::new(graph(Partitioning::Rebalance), RestartStrategy::Never, 1);
    job.slots = vec![None; 3];
    let [first, second, third] = &slots(3)[..] else { panic!("three") };
    job.fill(vec![first.clone(), third.clone(), second.clone()]);
    let at = |job: &ExecutionGraph| job.expected_slots().map(|slot| slot.slot).collect::<Vec<_>>();
    assert_eq!(at(&job), [0, 2, 1]);
    job.slots = vec![None; 3];
    job.fill(vec![second.clone(), first.clone(), third.clone()]);
    assert_eq!(at(&job), [1, 2, 0], "the second ran on the other TaskManager");
}

fn running(mut job: ExecutionGraph) -> ExecutionGraph {
    assert_eq!(run(&mut job, GraphEvent::Start, 2), "start-sources slots(3)");
    let deployed = run(&mut job, GraphEvent::SlotsGranted(slots(3)), 3);
    assert_eq!(deployed, "deploy(1.0.0,1.1.0,2.0.0,2.1.0,2.2.0)");
    report_all(&mut job, ExecutionState::Running, 4);
    job
}

fn report_all(job: &mut ExecutionGraph, state: ExecutionState, now: i64) -> String {
    let ids: Vec<ExecutionAttemptId> = job.executions().map(Execution::id).collect();
    ids.into_iter().map(|id| run(job, report(id, state), now)).collect()
}

/// The job as the next JobManager finds it.
fn handed_over(job: &ExecutionGraph) -> ExecutionGraph {
    let record = serde_json::to_string(&job.record()).unwrap();
    let config = [("restart-strategy.type", "fixed-delay"), ("restart-strategy.fixed-delay.delay", "5 ms")];
    let config = Configuration::from_map(config, Origin::Program);
    let strategy = RestartStrategy::from_config(&config, Random::from_seed(1)).unwrap();
    let record = serde_json::from_str(&record).unwrap();
    let mut next = ExecutionGraph::adopted(job.graph().clone(), strategy, &record, 50).unwrap();
    assert_eq!(run(&mut next, GraphEvent::Start, 51), "");
    next
}

#[test]
fn a_job_changes_hands_and_nothing_of_it_is_deployed_again() {
    let mut before = running(job(&[]));
    run(&mut before, report(id(SOURCE, 1, 0), ExecutionState::Finished), 9);
    let mut job = handed_over(&before);
    assert_eq!((job.status(), job.entered(JobStatus::Running)), (JobStatus::Running, 2));
    assert_eq!(job.checkpoint_plan(), None, "it is not known yet who runs");
    assert_eq!(job.attempts_at("a").count(), 3, "a subtask of the source has finished");
    assert_eq!(run(&mut job, report(id(SOURCE, 0, 0), ExecutionState::Running), 52), "adopt-sources(1)");
    assert_eq!(run(&mut job, report(id(SINK, 0, 0), ExecutionState::Running), 53), "");
    assert_eq!(run(&mut job, report(id(SINK, 1, 0), ExecutionState::Initializing), 54), "");
    assert_eq!(run(&mut job, report(id(SINK, 2, 0), ExecutionState::Running), 55), "adopt-sources(2)");
    assert_eq!(job.checkpoint_plan(), None);
    run(&mut job, report(id(SINK, 1, 0), ExecutionState::Running), 56);
    let plan = job.checkpoint_plan().unwrap();
    assert_eq!((plan.tasks.len(), &plan.finished[..]), (4, &[(SOURCE, 1)][..]));
    assert_eq!(report_all(&mut job, ExecutionState::Finished, 60), "stop-sources release ended(FINISHED)");
}

#[test]
fn what_was_lost_while_a_job_changed_hands_starts_again() {
    let mut job = handed_over(&running(job(&[])));
    for attempt in [id(SOURCE, 0, 0), id(SOURCE, 1, 0), id(SINK, 0, 0), id(SINK, 1, 0)] {
        run(&mut job, report(attempt, ExecutionState::Running), 52);
    }
    let lost = GraphEvent::TaskManagerLost { resource_id: "b".into(), failure: Failure::external("it is gone") };
    let commands = run(&mut job, lost, 53);
    assert_eq!(
        commands,
        "stop-sources restart-after(5) cancel(1.0.0@a) cancel(1.1.0@a) cancel(2.0.0@a) cancel(2.1.0@a)"
    );
    report_all(&mut job, ExecutionState::Canceled, 54);
    assert_eq!(run(&mut job, GraphEvent::RestartDue, 59), "release start-sources slots(3)");
    assert_eq!(run(&mut job, GraphEvent::SlotsGranted(slots(3)), 60), "deploy(1.0.1,1.1.1,2.0.1,2.1.1,2.2.1)");
    assert_eq!(report_all(&mut job, ExecutionState::Running, 61), "", "these sources were started, not adopted");
}

#[test]
fn a_job_that_is_cancelled_while_it_changes_hands_ends_when_its_tasks_do() {
    let mut job = handed_over(&running(job(&[])));
    run(&mut job, report(id(SOURCE, 0, 0), ExecutionState::Running), 52);
    assert!(run(&mut job, GraphEvent::Cancel, 53).contains("cancel(2.2.0@b)"));
    assert!(report_all(&mut job, ExecutionState::Canceled, 54).ends_with("ended(CANCELED)"));
}

#[test]
fn what_runs_at_a_task_manager_that_is_left_starts_again_elsewhere() {
    let mut job = running(job(&[]));
    let commands = run(&mut job, GraphEvent::Vacate("b".into()), 9);
    assert!(commands.starts_with("stop-sources restart-after(0) cancel(1.0.0@a)"), "{commands}");
    assert!(commands.ends_with("cancel(2.2.0@b)"), "{commands}");
    assert_eq!(job.exceptions().entries().len(), 0, "that is no failure");
    assert_eq!((job.status(), job.is_moving()), (JobStatus::Running, true));
    let since = job.entered(JobStatus::Running);
    report_all(&mut job, ExecutionState::Canceled, 10);
    assert_eq!(run(&mut job, GraphEvent::RestartDue, 11), "release start-sources slots(3)");
    assert_eq!((job.status(), job.is_moving()), (JobStatus::Running, false));
    assert_eq!(job.entered(JobStatus::Running), since);
    assert_eq!(run(&mut job, GraphEvent::Vacate("c".into()), 12), "");
}

#[test]
fn a_job_that_is_cancelled_while_its_tasks_move_moves_no_more() {
    let mut job = running(job(&[]));
    run(&mut job, GraphEvent::Vacate("b".into()), 9);
    run(&mut job, GraphEvent::Cancel, 10);
    assert_eq!((job.status(), job.is_moving()), (JobStatus::Cancelling, false));
}

#[test]
fn a_failure_while_tasks_move_is_one() {
    let mut job = running(job(&[]));
    run(&mut job, GraphEvent::Vacate("b".into()), 9);
    let failure = Failure::external("its disk is full");
    run(&mut job, GraphEvent::CoordinatorFailed(failure), 10);
    assert_eq!((job.status(), job.entered(JobStatus::Restarting)), (JobStatus::Restarting, 10));
    report_all(&mut job, ExecutionState::Canceled, 11);
    run(&mut job, GraphEvent::RestartDue, 12);
    assert_eq!((job.status(), job.entered(JobStatus::Running)), (JobStatus::Running, 12));
}

#[test]
fn a_rescaled_job_starts_again_with_other_subtasks() {
    let mut job = running(job(&[]));
    let mut wider = (**job.graph()).clone();
    wider.vertices[1].parallelism = 4;
    let requirements = crate::scheduling::ResourceRequirements::of(&wider);
    let cause = RescaleCause::NewResources;
    let commands = run(&mut job, GraphEvent::Rescale(Arc::new(wider.clone()), requirements.clone(), cause), 9);
    assert!(commands.starts_with("restart-after(0) stop-sources cancel(1.0.0@a)"), "{commands}");
    assert_eq!((job.status(), job.requirements()), (JobStatus::Restarting, &requirements));
    report_all(&mut job, ExecutionState::Canceled, 10);
    assert_eq!(run(&mut job, GraphEvent::RestartDue, 11), "release start-sources slots(4)");
    let deployed = run(&mut job, GraphEvent::SlotsGranted(slots(4)), 12);
    assert_eq!(deployed, "deploy(1.0.1,1.1.1,2.0.1,2.1.1,2.2.1,2.3.1)");
    let again = run(&mut job, GraphEvent::Rescale(Arc::new(wider), requirements, cause), 13);
    assert_eq!(again, "", "it is so already");
}

#[test]
fn a_job_runs_to_its_end() {
    let mut job = running(job(&[]));
    assert_eq!((job.status(), job.entered(JobStatus::Running)), (JobStatus::Running, 2));
    assert_eq!(report_all(&mut job, ExecutionState::Finished, 9), "stop-sources release ended(FINISHED)");
    assert_eq!((job.status(), job.end_time()), (JobStatus::Finished, Some(9)));
    assert_eq!(run(&mut job, GraphEvent::Cancel, 10), "");
}

#[test]
fn without_a_restart_strategy_a_failure_ends_the_job_once_all_tasks_have_ended() {
    use ExecutionState::*;
    let mut job = running(job(&[]));
    run(&mut job, report(id(SOURCE, 0, 0), Finished), 5);
    assert_eq!(
        run(&mut job, report(id(SINK, 1, 0), Failed), 6),
        "stop-sources cancel(1.1.0@a) cancel(2.0.0@a) cancel(2.2.0@b)"
    );
    assert_eq!(job.status(), JobStatus::Failing);
    assert_eq!(run(&mut job, report(id(SOURCE, 1, 0), Failed), 7), "");
    assert_eq!(run(&mut job, report(id(SINK, 0, 0), Canceled), 7), "");
    assert_eq!(run(&mut job, report(id(SINK, 2, 0), Canceled), 8), "stop-sources release ended(FAILED)");
    let root = job.root_failure().unwrap();
    assert_eq!(
        root.stack_trace(),
        "org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy\n\
         Caused by: org.apache.flink.util.FlinkRuntimeException: division by zero"
    );
    let [entry] = job.exceptions().entries() else { panic!("one root") };
    assert_eq!(entry.concurrent.len(), 2);
    assert_eq!(entry.concurrent[0].task_name.as_deref(), Some("v2 (2/3) - execution #0"));
}

#[test]
fn a_restart_waits_for_the_pause_and_for_every_task_and_begins_with_new_attempts() {
    use ExecutionState::*;
    for pause_first in [false, true] {
        let mut job = running(fixed_delay());
        let failed = run(&mut job, report(id(SINK, 1, 0), Failed), 6);
        assert!(failed.starts_with("stop-sources restart-after(1000) cancel(1.0.0@a)"), "{failed}");
        assert_eq!(job.status(), JobStatus::Restarting);
        let again = "release start-sources slots(3)";
        if pause_first {
            assert_eq!(run(&mut job, GraphEvent::RestartDue, 7), "");
            assert_eq!(report_all(&mut job, Canceled, 8), again);
        } else {
            assert_eq!(report_all(&mut job, Canceled, 7), "");
            assert_eq!(run(&mut job, GraphEvent::RestartDue, 8), again);
        }
        assert_eq!((job.status(), job.restarts()), (JobStatus::Running, 1));
        assert_eq!(run(&mut job, GraphEvent::SlotsGranted(slots(3)), 9), "deploy(1.0.1,1.1.1,2.0.1,2.1.1,2.2.1)");
        assert!(job.is_live(id(SINK, 1, 1)) && !job.is_live(id(SINK, 1, 0)));
        assert_eq!(job.vertices()[1].attempt(1, 0).unwrap().state(), Failed);
        // The second failure is one too many.
        run(&mut job, report(id(SINK, 1, 1), Failed), 10);
        assert_eq!(report_all(&mut job, Canceled, 11), "stop-sources release ended(FAILED)");
    }
}

#[test]
fn a_failure_that_no_restart_can_help_is_final() {
    let mut job = running(fixed_delay());
    let failure = Failure::user("no such column").fatal();
    let update = TaskStateUpdate {
        attempt: id(SOURCE, 0, 0),
        state: ExecutionState::Failed,
        failure: Some(failure),
        metrics: None,
    };
    run(&mut job, GraphEvent::StateChanged(update), 5);
    assert_eq!(job.status(), JobStatus::Failing);
    assert_eq!(job.root_failure().unwrap().failure.message, "The failure is not recoverable");
}

#[test]
fn a_lost_task_manager_fails_what_ran_there() {
    let mut job = running(fixed_delay());
    let lost = |id: &str| GraphEvent::TaskManagerLost {
        resource_id: id.into(),
        failure: Failure::external("TaskManager b at b:1 is lost: connection lost"),
    };
    assert_eq!(run(&mut job, lost("c"), 5), "");
    let commands = run(&mut job, lost("b"), 5);
    assert_eq!(
        commands,
        "stop-sources restart-after(1000) cancel(1.0.0@a) cancel(1.1.0@a) cancel(2.0.0@a) cancel(2.1.0@a)"
    );
    assert_eq!(job.vertices()[1].executions()[2].state(), ExecutionState::Failed);
    // The other one goes too: nothing is left to wait for but the pause.
    assert_eq!(run(&mut job, lost("a"), 6), "");
    assert_eq!(run(&mut job, GraphEvent::RestartDue, 7), "release start-sources slots(3)");
}

#[test]
fn cancelling_ends_canceled_from_every_phase() {
    let end = "stop-sources release ended(CANCELED)";
    let mut created = job(&[]);
    assert_eq!(run(&mut created, GraphEvent::Cancel, 2), format!("stop-sources {end}"));
    let mut waiting = job(&[]);
    run(&mut waiting, GraphEvent::Start, 2);
    assert_eq!(run(&mut waiting, GraphEvent::Cancel, 3), format!("stop-sources {end}"));
    let mut failing = running(job(&[]));
    run(&mut failing, report(id(SINK, 1, 0), ExecutionState::Failed), 6);
    run(&mut failing, GraphEvent::Cancel, 7);
    assert_eq!(failing.status(), JobStatus::Cancelling);
    assert_eq!(report_all(&mut failing, ExecutionState::Canceled, 8), end);
    let mut restarting = running(fixed_delay());
    run(&mut restarting, report(id(SINK, 1, 0), ExecutionState::Failed), 6);
    report_all(&mut restarting, ExecutionState::Canceled, 7);
    assert_eq!(run(&mut restarting, GraphEvent::Cancel, 8), format!("stop-sources {end}"));
    // A failure while cancelling changes nothing.
    let mut cancelling = running(job(&[]));
    run(&mut cancelling, GraphEvent::Cancel, 5);
    assert_eq!(report_all(&mut cancelling, ExecutionState::Failed, 6), end);
}

#[test]
fn slots_that_come_too_late_go_back_and_those_that_never_come_fail_the_job() {
    let mut late = running(job(&[]));
    run(&mut late, GraphEvent::Cancel, 5);
    assert_eq!(run(&mut late, GraphEvent::SlotsGranted(slots(3)), 6), "release");
    let mut never = job(&[]);
    run(&mut never, GraphEvent::Start, 2);
    let failure = Failure::external("Could not acquire the minimum required resources.");
    assert_eq!(
        run(&mut never, GraphEvent::SlotsTimedOut(failure), 3),
        "stop-sources stop-sources release ended(FAILED)"
    );
    let trace = never.root_failure().unwrap().stack_trace();
    assert!(trace.contains("NoResourceAvailableException: Could not acquire"), "{trace}");
}

#[test]
fn a_task_that_was_not_taken_or_cancels_itself_has_failed() {
    let mut job = running(job(&[]));
    run(&mut job, report(id(SINK, 0, 0), ExecutionState::Canceled), 5);
    assert_eq!(job.status(), JobStatus::Failing);
    let mut refused = fixed_delay();
    run(&mut refused, GraphEvent::Start, 2);
    run(&mut refused, GraphEvent::SlotsGranted(slots(3)), 3);
    let failure = Failure::external("refused");
    let commands = run(&mut refused, GraphEvent::AttemptFailed { attempt: id(SOURCE, 0, 0), failure }, 4);
    assert!(commands.starts_with("stop-sources restart-after") && !commands.contains("cancel(1.0.0@a)"), "{commands}");
    assert_eq!(refused.status(), JobStatus::Restarting);
}

#[test]
fn a_task_whose_taskmanager_did_not_answer_ends_before_another_one_begins() {
    let mut job = running(fixed_delay());
    let unanswered = |attempt| GraphEvent::CallFailed { attempt, failure: Failure::external("no answer") };
    let commands = run(&mut job, unanswered(id(SOURCE, 0, 0)), 5);
    assert!(commands.starts_with("stop-sources restart-after") && commands.contains("cancel(1.0.0@a)"), "{commands}");
    // It is to end already, whatever else fails.
    assert_eq!(run(&mut job, unanswered(id(SOURCE, 0, 0)), 6), "");
    assert_eq!(run(&mut job, GraphEvent::RestartDue, 7), "");
    let others: Vec<_> = job.executions().map(Execution::id).skip(1).collect();
    for attempt in others {
        assert_eq!(run(&mut job, report(attempt, ExecutionState::Canceled), 8), "");
    }
    let commands = run(&mut job, report(id(SOURCE, 0, 0), ExecutionState::Canceled), 9);
    assert_eq!(commands, "release start-sources slots(3)");
}

#[test]
fn descriptors_connect_all_to_all_or_like_to_like() {
    let deployed = |partitioning| {
        let mut job = ExecutionGraph::new(graph(partitioning), RestartStrategy::Never, 1);
        run(&mut job, GraphEvent::Start, 2);
        run(&mut job, GraphEvent::SlotsGranted(slots(3)), 3);
        job
    };
    let epoch = LeaderEpoch(7);
    let all = deployed(Partitioning::Hash { keys: vec![0] });
    let source = all.deployment(id(SOURCE, 1, 0), epoch).unwrap();
    assert_eq!((source.slot, source.epoch, source.inputs.len(), source.outputs[0].num_subpartitions), (1, epoch, 0, 3));
    let sink = all.deployment(id(SINK, 2, 0), epoch).unwrap();
    let channels: Vec<_> = sink.inputs[0]
        .channels
        .iter()
        .map(|c| (c.partition.producer.subtask, c.subpartition, c.data_address.as_str()))
        .collect();
    assert_eq!(channels, [(0, 2, "a:2"), (1, 2, "a:2")]);
    let forward = deployed(Partitioning::Forward);
    assert_eq!(forward.deployment(id(SOURCE, 1, 0), epoch).unwrap().outputs[0].num_subpartitions, 1);
    let sink = forward.deployment(id(SINK, 1, 0), epoch).unwrap();
    let channels: Vec<_> =
        sink.inputs[0].channels.iter().map(|c| (c.partition.producer.subtask, c.subpartition)).collect();
    assert_eq!(channels, [(1, 0)]);
    assert_eq!(forward.deployment(id(SINK, 1, 5), epoch), None);
}

/// Two vertices that no edge connects.
fn two_regions(strategy: FailoverStrategy) -> ExecutionGraph {
    let mut graph = JobGraph::clone(&graph(Partitioning::Rebalance));
    graph.edges.clear();
    let config = Configuration::from_map([("restart-strategy.type", "fixed-delay")], Origin::Program);
    let restart = RestartStrategy::from_config(&config, Random::from_seed(1)).unwrap();
    running(ExecutionGraph::new(Arc::new(graph), restart, 1).with_failover_strategy(strategy))
}

#[test]
fn only_the_region_of_a_failed_task_restarts_and_in_its_slots() {
    use ExecutionState::*;
    let mut job = two_regions(FailoverStrategy::Region);
    let failed = run(&mut job, report(id(SOURCE, 0, 0), Failed), 5);
    assert_eq!(failed, "stop-sources(1) restart-after(1000) cancel(1.1.0@a)");
    assert_eq!((job.status(), job.checkpoint_plan()), (JobStatus::Restarting, None));
    assert_eq!(run(&mut job, GraphEvent::RestartDue, 6), "");
    assert_eq!(run(&mut job, report(id(SINK, 0, 0), Finished), 6), "", "the other region goes on");
    assert_eq!(run(&mut job, report(id(SOURCE, 1, 0), Canceled), 7), "start-sources(1) deploy(1.0.1,1.1.1)");
    assert_eq!(job.execution(id(SINK, 1, 0)).map(Execution::state), Some(Running));
    assert_eq!(job.status(), JobStatus::Running);
    let mut whole = two_regions(FailoverStrategy::Full);
    let failed = run(&mut whole, report(id(SOURCE, 0, 0), Failed), 5);
    assert!(failed.starts_with("stop-sources restart-after(1000) cancel(1.1.0@a) cancel(2.0.0@a)"), "{failed}");
}

#[test]
fn a_region_that_lost_a_slot_asks_for_one_and_regions_that_fail_together_restart_together() {
    use ExecutionState::*;
    let lost = || GraphEvent::TaskManagerLost { resource_id: "b".into(), failure: Failure::external("lost") };
    let mut job = two_regions(FailoverStrategy::Region);
    assert_eq!(run(&mut job, lost(), 5), "stop-sources(2) restart-after(1000) cancel(2.0.0@a) cancel(2.1.0@a)");
    run(&mut job, report(id(SINK, 0, 0), Canceled), 6);
    run(&mut job, report(id(SINK, 1, 0), Canceled), 6);
    assert_eq!(run(&mut job, GraphEvent::RestartDue, 7), "start-sources(2) slots(1)");
    let deployed = run(&mut job, GraphEvent::SlotsGranted(slots(1)), 8);
    assert_eq!(deployed, "deploy(2.0.1,2.1.1,2.2.1)");
    let mut both = two_regions(FailoverStrategy::Region);
    run(&mut both, lost(), 5);
    assert_eq!(run(&mut both, report(id(SOURCE, 0, 0), Failed), 6), "stop-sources(1) cancel(1.1.0@a)");
    run(&mut both, GraphEvent::RestartDue, 7);
    for id in [id(SINK, 0, 0), id(SINK, 1, 0), id(SOURCE, 1, 0)] {
        assert_eq!(both.status(), JobStatus::Restarting);
        both.handle(report(id, Canceled), 8);
    }
    assert_eq!(both.restarts(), 1);
}

#[test]
fn a_region_that_loses_more_slots_while_it_waits_for_one_asks_for_those_too() {
    use ExecutionState::*;
    let lost = |id: &str| GraphEvent::TaskManagerLost { resource_id: id.into(), failure: Failure::external("lost") };
    let mut job = two_regions(FailoverStrategy::Region);
    run(&mut job, report(id(SOURCE, 0, 0), Finished), 5);
    run(&mut job, report(id(SOURCE, 1, 0), Finished), 5);
    run(&mut job, lost("b"), 6);
    run(&mut job, report(id(SINK, 0, 0), Canceled), 7);
    run(&mut job, report(id(SINK, 1, 0), Canceled), 7);
    assert_eq!(run(&mut job, GraphEvent::RestartDue, 8), "start-sources(2) slots(1)");
    assert_eq!(run(&mut job, lost("a"), 9), "");
    assert_eq!(run(&mut job, GraphEvent::SlotsGranted(slots(1)), 10), "slots(2)");
    assert_eq!(run(&mut job, GraphEvent::SlotsGranted(slots(2)), 11), "deploy(2.0.1,2.1.1,2.2.1)");
}

#[test]
fn a_failure_that_no_restart_can_help_ends_a_restart() {
    let mut job = two_regions(FailoverStrategy::Region);
    run(&mut job, report(id(SOURCE, 0, 0), ExecutionState::Failed), 5);
    let fatal = GraphEvent::CoordinatorFailed(Failure::external("the checkpoint is damaged").fatal());
    assert_eq!(run(&mut job, fatal, 6), "stop-sources cancel(2.0.0@a) cancel(2.1.0@a) cancel(2.2.0@b)");
    assert_eq!(job.status(), JobStatus::Failing);
    run(&mut job, GraphEvent::RestartDue, 7);
    assert_eq!(report_all(&mut job, ExecutionState::Canceled, 8), "stop-sources release ended(FAILED)");
}

#[test]
fn a_job_that_another_jobmanager_ran_goes_on_with_new_attempts_when_it_can_start() {
    let mut job = fixed_delay().with_first_attempt(4);
    for _ in 0..2 {
        assert_eq!(run(&mut job, GraphEvent::StartDelayed(Failure::external("no route to host")), 2), "");
    }
    assert_eq!((job.status(), job.exceptions().entries().len()), (JobStatus::Created, 1));
    run(&mut job, GraphEvent::Start, 3);
    assert_eq!(run(&mut job, GraphEvent::SlotsGranted(slots(3)), 4), "deploy(1.0.4,1.1.4,2.0.4,2.1.4,2.2.4)");
    assert_eq!(job.next_attempt(), 5);
    run(&mut job, GraphEvent::StartDelayed(Failure::external("late")), 5);
    assert_eq!(job.exceptions().entries().len(), 1);
}

#[test]
fn a_barrier_goes_to_tasks_whose_producers_have_ended() {
    use ExecutionState::*;
    let mut job = job(&[]);
    run(&mut job, GraphEvent::Start, 2);
    assert_eq!(job.checkpoint_plan(), None);
    run(&mut job, GraphEvent::SlotsGranted(slots(3)), 3);
    assert_eq!(job.checkpoint_plan(), None, "not all tasks run");
    report_all(&mut job, Running, 4);
    let triggered = |job: &ExecutionGraph| job.checkpoint_plan().map(|plan| (plan.trigger.len(), plan.tasks.len()));
    assert_eq!(triggered(&job), Some((2, 5)));
    run(&mut job, report(id(SOURCE, 0, 0), Finished), 5);
    assert_eq!(triggered(&job), Some((1, 4)));
    run(&mut job, report(id(SOURCE, 1, 0), Finished), 5);
    assert_eq!(triggered(&job), Some((3, 3)));
    assert_eq!(job.checkpoint_plan().unwrap().finished, [(SOURCE, 0), (SOURCE, 1)]);
}

proptest! {
    /// Whatever happens, in whatever order: once every live attempt has ended, a job that was cancelled is over, and slots are not kept.
    #[test]
    fn cancelled_jobs_always_end(steps in proptest::collection::vec((0u8..8, 0u32..3, 0usize..4), 0..40)) {
        let mut job = fixed_delay();
        let mut holds_slots = false;
        let mut take = |job: &mut ExecutionGraph, event: GraphEvent, now: i64| {
            if matches!((&event, job.phase), (GraphEvent::SlotsGranted(_), Phase::WaitingForSlots)) { holds_slots = true; }
            for command in job.handle(event, now) {
                if command == GraphCommand::ReleaseSlots { holds_slots = false; }
            }
        };
        for (now, (step, subtask, state)) in (2..).zip(steps) {
            let state = [ExecutionState::Running, ExecutionState::Finished, ExecutionState::Canceled, ExecutionState::Failed][state];
            let attempt = id(if step % 2 == 0 { SOURCE } else { SINK }, subtask, job.restarts());
            let event = match step {
                0 => GraphEvent::Start,
                1 => GraphEvent::SlotsGranted(slots(3)),
                2 => GraphEvent::RestartDue,
                3 => GraphEvent::TaskManagerLost { resource_id: "a".into(), failure: Failure::external("lost") },
                4 => GraphEvent::CoordinatorFailed(Failure::external("broker")),
                _ => report(attempt, state),
            };
            take(&mut job, event, now);
        }
        take(&mut job, GraphEvent::Cancel, 100);
        let live: Vec<_> = job.executions().filter(|e| !e.state().is_terminal()).map(Execution::id).collect();
        for attempt in live { take(&mut job, report(attempt, ExecutionState::Canceled), 101); }
        prop_assert!(matches!(job.phase, Phase::Ended(_)));
        prop_assert!(!holds_slots);
    }
}
