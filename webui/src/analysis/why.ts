// Why a job does not go faster: what holds back its throughput, its watermark, its checkpoints. Pure: figures of the REST API in, findings out.
import { bytes, duration, num, percent, plural, rate } from '../format';
import type { CheckpointSubtasks, JobDetails } from '../rest/types.gen';
import { type Evidence, type Observation, topology, worst } from './observation';

export type Topic = 'job' | 'throughput' | 'watermark' | 'checkpoint';
/** `fine` holds nothing back; `blocked` does not move at all. */
export type Severity = 'fine' | 'note' | 'slow' | 'blocked';

/** One answer to "why". */
export interface Finding {
  topic: Topic;
  severity: Severity;
  title: string;
  /** The figures that say so. */
  because: string[];
  /** What would help. */
  helps: string[];
  vertex?: string;
  subtask?: number;
}

/** From which share of its time on a task is called back-pressured, as Flink does. */
const BACK_PRESSURED = 0.1;
/** From which share of its time on a task has little room left. */
const BUSY = 0.7;
/** How unlike its siblings a subtask has to be: times the mean. */
const SKEWED = 1.8;
/** How long a watermark may stand still before it is called stuck, ms. */
const STUCK = 15_000;
/** Which lag of the watermark behind the clock is worth a word, ms. */
const LAGGING = 60_000;

export function why(seen: Observation, evidence: Evidence): Finding[] {
  const standing = jobStands(seen, evidence);
  if (standing) return [standing];
  return [throughput(seen, evidence), watermark(seen), checkpoints(seen, evidence)];
}

const nameOf = (job: JobDetails, id: string): string => job.vertices.find((vertex) => vertex.id === id)?.name ?? id;

/** A job that does not run needs another answer than one that is slow. */
function jobStands(seen: Observation, evidence: Evidence): Finding | undefined {
  const { job } = seen;
  const last = evidence.exceptions?.exceptionHistory.entries[0];
  const cause = last ? lastCause(last.stacktrace) : undefined;
  const where = last?.taskName ? [`It came from the task ${last.taskName}.`] : [];
  if (job.state === 'FAILED' || job.state === 'FAILING' || job.state === 'RESTARTING') {
    const restarts = job.state === 'RESTARTING';
    return {
      topic: 'job',
      severity: 'blocked',
      title: restarts ? 'The job restarts after a failure' : 'The job has failed',
      because: [...(cause ? [cause] : ['No exception is recorded.']), ...where],
      helps: [
        'The page Exceptions has the whole text and what happened before.',
        restarts ? 'It goes on from the last complete checkpoint; if it fails again at the same place, the cause is in the data or in a peer.' : 'Start it again from its last checkpoint or savepoint once the cause is removed.',
      ],
    };
  }
  if (['FINISHED', 'CANCELED', 'CANCELLING', 'SUSPENDED'].includes(job.state)) {
    return { topic: 'job', severity: 'fine', title: `The job is ${job.state.toLowerCase()}`, because: ['Nothing runs, so nothing waits.'], helps: [] };
  }
  const counts = job['status-counts'];
  const waiting = job.vertices.filter((vertex) => (vertex.tasks.CREATED ?? 0) + (vertex.tasks.SCHEDULED ?? 0) > 0);
  if (waiting.length > 0 && (counts.RUNNING ?? 0) < job.vertices.length) {
    const needed = Math.max(...job.vertices.map((vertex) => vertex.parallelism));
    const free = evidence.freeSlots;
    return {
      topic: 'job',
      severity: 'blocked',
      title: 'The job waits for slots',
      because: [
        `${plural(waiting.length, 'vertex', 'vertices')} of ${job.vertices.length} ${waiting.length === 1 ? 'has' : 'have'} tasks that are not deployed.`,
        `The job needs ${plural(needed, 'slot')}${free === undefined ? '' : `; ${free} ${free === 1 ? 'is' : 'are'} free`}.`,
      ],
      helps: ['Start more TaskManagers, or give them more slots (taskmanager.numberOfTaskSlots).', 'Or run the job at a lower parallelism.'],
    };
  }
  return undefined;
}

/** The innermost cause of a Java stack trace, as one line. */
export function lastCause(stacktrace: string): string {
  const causes = stacktrace.split('\n').filter((line) => line.startsWith('Caused by: '));
  return causes[causes.length - 1]?.slice('Caused by: '.length) ?? stacktrace.split('\n')[0] ?? '';
}

/** The vertex that the back pressure comes from: pressed upon itself, it lies behind the last one that waits. */
export function bottleneck(seen: Observation): string | undefined {
  const { order, consumers } = topology(seen.job);
  const figures = new Map(order.map((id) => [id, worst(id, seen)]));
  const pressed = (id: string): boolean => (figures.get(id)?.backPressured ?? 0) > BACK_PRESSURED;
  const candidates = order
    .filter(pressed)
    .flatMap((id) => consumers.get(id) ?? [])
    // Who waits for others as much as it works is not the cause.
    .filter((id) => !pressed(id) || (figures.get(id)?.busy ?? 0) > (figures.get(id)?.backPressured ?? 0));
  return candidates.sort((a, b) => (figures.get(b)?.busy ?? 0) - (figures.get(a)?.busy ?? 0))[0];
}

function throughput(seen: Observation, evidence: Evidence): Finding {
  const { job } = seen;
  const { order, producers } = topology(job);
  const topic = 'throughput';
  if (seen.rates.size === 0 && seen.backPressure.size === 0) {
    return { topic, severity: 'note', title: 'Throughput: not measured yet', because: ['The TaskManagers report every few seconds.'], helps: [] };
  }
  const slow = bottleneck(seen);
  if (slow !== undefined) {
    const figures = worst(slow, seen);
    const held = order.filter((id) => (worst(id, seen)?.backPressured ?? 0) > BACK_PRESSURED && id !== slow);
    const skew = skewOf(seen, evidence, slow);
    const because = [
      `${nameOf(job, slow)} is busy ${percent(figures?.busy)} of the time${skew ? ` in subtask ${skew.subtask}` : ''}.`,
      ...held.slice(0, 4).map((id) => `${nameOf(job, id)} waits for it ${percent(worst(id, seen)?.backPressured)} of the time.`),
      ...(skew ? skew.because : []),
    ];
    return {
      topic,
      severity: 'slow',
      title: skew ? `Subtask ${skew.subtask} of ${nameOf(job, slow)} is the bottleneck` : `${nameOf(job, slow)} is the bottleneck`,
      because,
      helps: skew ? skew.helps : ['A higher parallelism: its work is spread evenly over its subtasks.', 'A filter or a smaller row before it, so that it gets less to do.'],
      vertex: slow,
      ...(skew ? { subtask: skew.subtask } : {}),
    };
  }
  const busiest = [...order].sort((a, b) => (worst(b, seen)?.busy ?? 0) - (worst(a, seen)?.busy ?? 0))[0];
  const busy = busiest === undefined ? undefined : worst(busiest, seen);
  if (busiest !== undefined && busy !== undefined && busy.busy > BUSY) {
    const source = (producers.get(busiest) ?? []).length === 0;
    return {
      topic,
      severity: 'note',
      title: source ? `${nameOf(job, busiest)} sets the pace` : `${nameOf(job, busiest)} is near its limit`,
      because: [`It is busy ${percent(busy.busy)} of the time, and nobody waits for what is behind it.`],
      helps: source ? ['A higher parallelism, as far as there are splits or partitions.', 'A format that is cheaper to decode.'] : ['A higher parallelism before more rows come.'],
      vertex: busiest,
    };
  }
  const sources = order.filter((id) => (producers.get(id) ?? []).length === 0);
  const out = sources.reduce((sum, id) => sum + (seen.rates.get(id)?.out ?? 0), 0);
  return {
    topic,
    severity: 'fine',
    title: 'Nothing holds back the throughput',
    because: [`No task waits for another, and none is busy more than ${percent(Math.max(busy?.busy ?? 0, 0))} of the time.`, `The sources give ${rate(out)} rows; the job takes what comes.`],
    helps: [],
  };
}

/** One subtask that has much more to do than the others: which, and whether it gets more rows or is slower with them. */
function skewOf(seen: Observation, evidence: Evidence, vertex: string): { subtask: number; because: string[]; helps: string[] } | undefined {
  const measured = (seen.backPressure.get(vertex)?.subtasks ?? []).map((subtask) => ({ subtask: subtask.subtask, busy: num(subtask.busyRatio) }));
  if (measured.length < 2) return undefined;
  const top = measured.reduce((a, b) => (b.busy > a.busy ? b : a));
  const others = measured.filter((subtask) => subtask !== top);
  const mean = others.reduce((sum, subtask) => sum + subtask.busy, 0) / others.length;
  if (!(top.busy > SKEWED * Math.max(mean, 0.02))) return undefined;
  const because = [`Its ${others.length === 1 ? 'sibling is' : `${others.length} siblings are`} busy ${percent(mean)} of the time.`];
  const details = evidence.vertexDetails?.id === vertex ? evidence.vertexDetails.subtasks : [];
  const total = details.reduce((sum, subtask) => sum + subtask.metrics['read-records'], 0);
  const own = details.find((subtask) => subtask.subtask === top.subtask)?.metrics['read-records'];
  if (own !== undefined && total > 0) {
    const share = own / total;
    const fair = 1 / details.length;
    because.push(`It has read ${percent(share)} of the rows; an even share is ${percent(fair)}.`);
    if (share > SKEWED * fair) {
      return {
        subtask: top.subtask,
        because,
        helps: ['Few keys have most of the rows. A higher parallelism does not help: a key has one subtask.', 'Aggregate in two steps, first by the key and a small random number, then by the key alone; or filter the hot key out (often NULL or a default).'],
      };
    }
    because.push('So its rows cost more than those of others: one key is slow, or the machine is.');
    return {
      subtask: top.subtask,
      because,
      helps: ['Look at what its keys have in common: long texts, large state, many rows of a join.', 'See whether its TaskManager is short of CPU or disk: other subtasks there are slow too then.'],
    };
  }
  return { subtask: top.subtask, because, helps: ['The subtasks page shows how many rows each has got: many more mean a hot key, equally many a slow one.'] };
}

function watermark(seen: Observation): Finding {
  const { job, watermarks, now } = seen;
  const { order, producers } = topology(job);
  const topic = 'watermark';
  const known = order.filter((id) => (watermarks.get(id)?.bySubtask.size ?? 0) > 0);
  if (known.length === 0) {
    return { topic, severity: 'note', title: 'There is no watermark', because: ['No vertex has reported one: the tables have no WATERMARK clause, or no row has come yet.'], helps: [] };
  }
  // Where the chain of producers begins to lack it is the cause; what is behind only follows.
  for (const id of known) {
    const own = watermarks.get(id);
    if (!own || own.lowest !== null) continue;
    const missing = [...own.bySubtask].filter(([, value]) => value === null).map(([subtask]) => subtask);
    const some = missing.length < own.bySubtask.size;
    const source = (producers.get(id) ?? []).length === 0;
    return {
      topic,
      severity: 'blocked',
      title: some ? `Subtask ${missing[0]} of ${nameOf(job, id)} has no watermark yet` : `${nameOf(job, id)} has no watermark yet`,
      because: [some ? `${plural(missing.length, 'subtask')} of ${own.bySubtask.size} ${missing.length === 1 ? 'has' : 'have'} none; the lowest of all counts, so windows do not fire.` : 'None of its subtasks has one, so windows do not fire.'],
      helps: source
        ? ["A split without rows holds the watermark back: SET 'table.exec.source.idle-timeout' = '30 s' leaves it out.", 'A parallelism above the number of partitions leaves subtasks without a split.']
        : ['One of its inputs sends none: look at the vertex before it.'],
      vertex: id,
      ...(some && missing[0] !== undefined ? { subtask: missing[0] } : {}),
    };
  }
  for (const id of known) {
    const own = watermarks.get(id);
    if (!own || own.lowest === null || now - own.movedAt < STUCK) continue;
    const lowest = own.lowest;
    const behind = [...own.bySubtask].filter(([, value]) => value === lowest).map(([subtask]) => subtask);
    const others = [...own.bySubtask.values()].filter((value): value is number => value !== null && value > lowest);
    const ahead = others.length === 0 ? undefined : Math.max(...others) - lowest;
    const pressed = (worst(id, seen)?.backPressured ?? 0) > 0.5;
    return {
      topic,
      severity: 'blocked',
      title: ahead === undefined ? `The watermark of ${nameOf(job, id)} stands still` : `Subtask ${behind[0]} of ${nameOf(job, id)} holds the watermark back`,
      because: [
        `It has not moved for ${duration(now - own.movedAt)}.`,
        ...(ahead === undefined ? [] : [`Other subtasks are ${duration(ahead)} ahead; the lowest counts.`]),
        ...(pressed ? [`It waits for what is behind it ${percent(worst(id, seen)?.backPressured)} of the time.`] : []),
      ],
      helps: pressed ? ['The bottleneck is the cause: see the throughput.'] : ["No rows come, or their times do not go on. SET 'table.exec.source.idle-timeout' leaves silent splits out.", 'Rows with a time far in the past hold nothing back; rows that do not come do.'],
      vertex: id,
      ...(behind[0] === undefined || ahead === undefined ? {} : { subtask: behind[0] }),
    };
  }
  const lags = known.map((id) => ({ id, lag: job.now - (watermarks.get(id)?.lowest ?? job.now) - (now - (watermarks.get(id)?.at ?? now)) }));
  const most = lags.reduce((a, b) => (b.lag > a.lag ? b : a));
  if (most.lag > LAGGING) {
    const first = lags.find(({ lag }) => lag > most.lag * 0.8) ?? most;
    return {
      topic,
      severity: 'note',
      title: `The watermark is ${duration(most.lag)} behind the clock`,
      because: [`It moves. The lag begins at ${nameOf(job, first.id)}.`],
      helps: ['If the job reads old data this is the age of the data, and shrinks while it catches up.', 'If it grows, the throughput is too low.'],
      vertex: first.id,
    };
  }
  return { topic, severity: 'fine', title: 'The watermark moves', because: [`It is ${duration(Math.max(0, most.lag))} behind the clock at most.`], helps: [] };
}

function checkpoints(seen: Observation, evidence: Evidence): Finding {
  const topic = 'checkpoint';
  const { checkpoints: all, checkpointConfiguration: configuration } = evidence;
  if (!all) return { topic, severity: 'note', title: 'Checkpoints: not known yet', because: [], helps: [] };
  const interval = configuration?.interval ?? 0;
  const periodic = interval > 0 && interval < Number.MAX_SAFE_INTEGER;
  const running = all.history.find((checkpoint) => checkpoint.status === 'IN_PROGRESS');
  const usual = all.summary.end_to_end_duration.avg;
  if (running) {
    const age = seen.job.now - running.trigger_timestamp;
    if (age > Math.max(3 * usual, 5_000)) return stuckCheckpoint(seen, evidence, running.id, age, usual);
  }
  const newest = all.history.find((checkpoint) => checkpoint.status !== 'IN_PROGRESS');
  if (newest?.status === 'FAILED') {
    return {
      topic,
      severity: 'slow',
      title: `Checkpoint ${newest.id} has failed`,
      because: [newest.failure_message ?? 'No cause is recorded.', `${newest.num_acknowledged_subtasks} of ${newest.num_subtasks} subtasks had acknowledged it.`],
      helps: ['After a failure the job goes on from the last complete one: the more time has passed since, the more it does again.'],
    };
  }
  if (!newest) {
    return periodic
      ? { topic, severity: 'note', title: 'No checkpoint yet', because: [`One is taken every ${duration(interval)}.`], helps: [] }
      : { topic, severity: 'note', title: 'The job takes no checkpoints', because: ['execution.checkpointing.interval is not set: after a failure the job begins anew.'], helps: ["SET 'execution.checkpointing.interval' = '10 s' before the job is submitted."] };
  }
  const slow = periodic && newest.end_to_end_duration > interval / 2 && newest.end_to_end_duration > 1000;
  if (slow) {
    const { because, helps } = dominated(evidence.checkpointSubtasks?.subtasks);
    return {
      topic,
      severity: 'slow',
      title: `Checkpoints take ${duration(newest.end_to_end_duration)}, and one is due every ${duration(interval)}`,
      because: [`The last stored ${bytes(newest.checkpointed_size)} of ${bytes(newest.state_size)}.`, ...because],
      helps: helps.length > 0 ? helps : ['A longer interval, or incremental checkpoints with the state backend rocksdb.'],
      ...(evidence.checkpointSubtasks ? { vertex: evidence.checkpointSubtasks.vertex } : {}),
    };
  }
  return {
    topic,
    severity: 'fine',
    title: 'Checkpoints are quick',
    because: [`The last took ${duration(newest.end_to_end_duration)} for ${bytes(newest.checkpointed_size)}.`],
    helps: [],
  };
}

/** A checkpoint that takes much longer than usual: who has not acknowledged it. */
function stuckCheckpoint(seen: Observation, evidence: Evidence, id: number, age: number, usual: number): Finding {
  const tasks = evidence.checkpoint?.id === id ? evidence.checkpoint.tasks : {};
  const { order } = topology(seen.job);
  const late = order.filter((vertex) => (tasks[vertex]?.num_acknowledged_subtasks ?? Infinity) < (tasks[vertex]?.num_subtasks ?? 0));
  const first = late[0];
  const because = [`It has run for ${duration(age)}${usual > 0 ? `; ${duration(usual)} is usual` : ''}.`];
  const pressed = order.filter((vertex) => (worst(vertex, seen)?.backPressured ?? 0) > 0.5);
  if (first !== undefined) {
    const task = tasks[first];
    because.push(`${nameOf(seen.job, first)} is the first whose subtasks have not all acknowledged: ${task?.num_acknowledged_subtasks} of ${task?.num_subtasks} have.`);
  }
  const own = evidence.checkpointSubtasks;
  const missing = own && own.vertex === first ? own.subtasks.subtasks.filter((subtask) => subtask.status !== 'completed').map((subtask) => subtask.index) : [];
  if (missing.length > 0) because.push(`Missing: ${missing.length > 6 ? `${missing.slice(0, 6).join(', ')} and ${missing.length - 6} more` : `subtask ${missing.join(', ')}`}.`);
  const barriers = own && own.vertex === first ? [...(evidence.barriersMissing ?? [])].filter(([, missed]) => missed > 0) : [];
  if (barriers.length > 0) because.push(`${barriers.map(([subtask, missed]) => `Subtask ${subtask} waits for ${plural(missed, 'barrier')}`).slice(0, 3).join(', ')} of its inputs; those that have come stand still meanwhile.`);
  if (pressed.length > 0) because.push(`The barrier waits behind the rows before it: ${pressed.map((vertex) => nameOf(seen.job, vertex)).slice(0, 3).join(', ')} ${pressed.length === 1 ? 'is' : 'are'} back-pressured.`);
  return {
    topic: 'checkpoint',
    severity: 'blocked',
    title: `Checkpoint ${id} does not get done`,
    because,
    helps:
      pressed.length > 0
        ? ['Remove the bottleneck (see the throughput).', "Unaligned checkpoints overtake waiting rows: SET 'execution.checkpointing.unaligned.enabled' = 'true', or 'execution.checkpointing.aligned-checkpoint-timeout' = '10 s'."]
        : ['Its subtasks store their state, or are blocked in a peer: see the logs of their TaskManager.'],
    ...(first === undefined ? {} : { vertex: first }),
    ...(missing[0] === undefined ? {} : { subtask: missing[0] }),
  };
}


/** Which part of a checkpoint takes longest in the subtask that is slowest. */
export function dominated(subtasks: CheckpointSubtasks | undefined): { because: string[]; helps: string[] } {
  const done = subtasks?.subtasks.filter((subtask) => subtask.end_to_end_duration !== undefined) ?? [];
  if (done.length === 0) return { because: [], helps: [] };
  const slowest = done.reduce((a, b) => ((b.end_to_end_duration ?? 0) > (a.end_to_end_duration ?? 0) ? b : a));
  const parts = [
    { what: 'the barrier was on its way', ms: slowest.start_delay ?? 0, helps: ['The barrier waits behind rows: remove back pressure, or use unaligned checkpoints.'] },
    { what: 'it waited for the barriers of its other inputs', ms: slowest.alignment?.duration ?? 0, helps: ['Its inputs are unlike: one is behind. Unaligned checkpoints do not wait.'] },
    { what: 'it stood still to collect its state', ms: slowest.checkpoint?.sync ?? 0, helps: ['Much state has changed since the last one. The state backend rocksdb collects it while rows go on.'] },
    { what: 'its state was written', ms: slowest.checkpoint?.async ?? 0, helps: ['The storage is slow or the state large: incremental checkpoints (execution.checkpointing.incremental with rocksdb) store what has changed only.'] },
  ];
  const most = parts.reduce((a, b) => (b.ms > a.ms ? b : a));
  return { because: [`Subtask ${slowest.index} was last: for ${duration(most.ms)} of ${duration(slowest.end_to_end_duration ?? 0)} ${most.what}.`], helps: most.helps };
}
