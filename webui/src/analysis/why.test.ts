import { describe, expect, test } from 'vitest';
import type { CheckpointDetails, Checkpoints, CheckpointSubtasks, JobExceptions, VertexDetails } from '../rest/types.gen';
import { NOW, observation } from './fixture';
import type { Evidence } from './observation';
import { bottleneck, dominated, lastCause, why, type Finding, type Topic } from './why';

const find = (findings: Finding[], topic: Topic): Finding => {
  const found = findings.find((finding) => finding.topic === topic);
  if (!found) throw new Error(`nothing about ${topic}`);
  return found;
};

const details = (id: string, rows: number[]): VertexDetails => ({ id, subtasks: rows.map((read, subtask) => ({ subtask, metrics: { 'read-records': read } })) }) as unknown as VertexDetails;

const checkpoint = (id: number, of: object = {}): Checkpoints['history'][number] =>
  ({ id, status: 'COMPLETED', trigger_timestamp: NOW - 1000, latest_ack_timestamp: NOW, end_to_end_duration: 50, checkpointed_size: 1000, state_size: 1000, num_subtasks: 4, num_acknowledged_subtasks: 4, checkpoint_type: 'CHECKPOINT', ...of }) as unknown as Checkpoints['history'][number];
const checkpoints = (history: Checkpoints['history'], avg = 50): Checkpoints => ({ history, summary: { end_to_end_duration: { avg } }, counts: {}, latest: {} }) as unknown as Checkpoints;
const every = (interval: number): Evidence['checkpointConfiguration'] => ({ interval }) as unknown as NonNullable<Evidence['checkpointConfiguration']>;

describe('throughput', () => {
  test('the bottleneck is the vertex behind the last that waits', () => {
    const seen = observation([
      { id: 'source', subtasks: [[0.1, 0.9]] },
      { id: 'parse', from: ['source'], subtasks: [[0.2, 0.7]] },
      { id: 'join', from: ['parse'], subtasks: [[0.98, 0]] },
      { id: 'sink', from: ['join'], subtasks: [[0.05, 0]] },
    ]);
    expect(bottleneck(seen)).toBe('join');
    const finding = find(why(seen, {}), 'throughput');
    expect(finding).toMatchObject({ severity: 'slow', vertex: 'join', title: 'join is the bottleneck' });
    expect(finding.because.join()).toContain('source waits for it 90 %');
  });

  test('of two consumers the busier is the cause', () => {
    const seen = observation([
      { id: 'source', subtasks: [[0.1, 0.8]] },
      { id: 'quick', from: ['source'], subtasks: [[0.1, 0]] },
      { id: 'slow', from: ['source'], subtasks: [[0.95, 0]] },
    ]);
    expect(bottleneck(seen)).toBe('slow');
  });

  const skewed = observation([
    { id: 'source', subtasks: [[0.1, 0.8], [0.1, 0.8]] },
    { id: 'aggregate', from: ['source'], subtasks: [[0.05, 0], [0.04, 0], [1, 0], [0.06, 0]] },
  ]);

  test('a subtask with most of the rows has a hot key', () => {
    const finding = find(why(skewed, { vertexDetails: details('aggregate', [10, 10, 970, 10]) }), 'throughput');
    expect(finding).toMatchObject({ vertex: 'aggregate', subtask: 2, title: 'Subtask 2 of aggregate is the bottleneck' });
    expect(finding.because.join()).toContain('97 % of the rows');
    expect(finding.helps[0]).toContain('Few keys have most of the rows');
  });

  test('a subtask with as many rows as others has a slow key', () => {
    const finding = find(why(skewed, { vertexDetails: details('aggregate', [250, 250, 250, 250]) }), 'throughput');
    expect(finding.subtask).toBe(2);
    expect(finding.because.join()).toContain('its rows cost more');
  });

  test('figures of another vertex are no evidence', () => {
    const finding = find(why(skewed, { vertexDetails: details('source', [1, 1]) }), 'throughput');
    expect(finding.because.join()).not.toContain('of the rows');
  });

  test('a busy source sets the pace, and a calm job is fine', () => {
    expect(find(why(observation([{ id: 'source', subtasks: [[0.99, 0]] }]), {}), 'throughput')).toMatchObject({ severity: 'note', title: 'source sets the pace' });
    expect(find(why(observation([{ id: 'source', subtasks: [[0.1, 0]], out: 500 }]), {}), 'throughput')).toMatchObject({ severity: 'fine' });
    expect(find(why(observation([{ id: 'source' }]), {}), 'throughput').title).toContain('not measured yet');
  });
});

describe('watermark', () => {
  test('none at all, none in one subtask', () => {
    expect(find(why(observation([{ id: 'source', subtasks: [[0, 0]] }]), {}), 'watermark').title).toBe('There is no watermark');
    const seen = observation([{ id: 'source', watermarks: [-1000, null] }, { id: 'window', from: ['source'], watermarks: [null, null] }]);
    expect(find(why(seen, {}), 'watermark')).toMatchObject({ severity: 'blocked', vertex: 'source', subtask: 1 });
  });

  test('the subtask that holds the others back is named', () => {
    const seen = observation([{ id: 'source', watermarks: [-1000, -90_000, -1000], still: 30_000 }, { id: 'window', from: ['source'], watermarks: [-90_000, -90_000], still: 30_000 }]);
    const finding = find(why(seen, {}), 'watermark');
    expect(finding).toMatchObject({ severity: 'blocked', vertex: 'source', subtask: 1 });
    expect(finding.because.join()).toContain('1 min 29 s ahead');
    expect(finding.helps.join()).toContain('idle-timeout');
  });

  test('old data is only a lag', () => {
    const seen = observation([{ id: 'source', watermarks: [-3_600_000] }]);
    expect(find(why(seen, {}), 'watermark')).toMatchObject({ severity: 'note', vertex: 'source' });
    expect(find(why(observation([{ id: 'source', watermarks: [-2000] }]), {}), 'watermark').severity).toBe('fine');
  });
});

describe('checkpoints', () => {
  const seen = observation([{ id: 'source', subtasks: [[0.1, 0.9]] }, { id: 'slow', from: ['source'], subtasks: [[1, 0]] }]);

  test('one that does not get done names who is missing', () => {
    const running = checkpoint(7, { status: 'IN_PROGRESS', trigger_timestamp: NOW - 60_000, num_acknowledged_subtasks: 2 });
    const tasks = { source: { num_subtasks: 1, num_acknowledged_subtasks: 1 }, slow: { num_subtasks: 1, num_acknowledged_subtasks: 0 } };
    const evidence: Evidence = {
      checkpoints: checkpoints([running]),
      checkpointConfiguration: every(5000),
      checkpoint: { id: 7, tasks } as unknown as CheckpointDetails,
      checkpointSubtasks: { vertex: 'slow', subtasks: { subtasks: [{ index: 0, status: 'pending_or_failed' }] } as unknown as CheckpointSubtasks },
      barriersMissing: new Map([[0, 2]]),
    };
    const finding = find(why(seen, evidence), 'checkpoint');
    expect(finding).toMatchObject({ severity: 'blocked', vertex: 'slow', subtask: 0, title: 'Checkpoint 7 does not get done' });
    expect(finding.because.join()).toContain('Subtask 0 waits for 2 barriers of its inputs');
    expect(finding.because.join()).toContain('source is back-pressured');
    expect(finding.helps.join()).toContain('unaligned');
  });

  test('a young one is no trouble', () => {
    const running = checkpoint(7, { status: 'IN_PROGRESS', trigger_timestamp: NOW - 500 });
    expect(find(why(seen, { checkpoints: checkpoints([running, checkpoint(6)]), checkpointConfiguration: every(5000) }), 'checkpoint').severity).toBe('fine');
  });

  test('failures, none yet, and none at all', () => {
    const failed = checkpoint(3, { status: 'FAILED', failure_message: 'Checkpoint expired before completing.', num_acknowledged_subtasks: 1 });
    expect(find(why(seen, { checkpoints: checkpoints([failed]), checkpointConfiguration: every(5000) }), 'checkpoint').because[0]).toContain('expired');
    expect(find(why(seen, { checkpoints: checkpoints([]), checkpointConfiguration: every(5000) }), 'checkpoint').title).toBe('No checkpoint yet');
    expect(find(why(seen, { checkpoints: checkpoints([]), checkpointConfiguration: every(Number.MAX_SAFE_INTEGER) }), 'checkpoint').title).toBe('The job takes no checkpoints');
  });

  test('what takes longest is said', () => {
    const subtask = (index: number, of: { start: number; align: number; sync: number; async: number }): object => ({ index, status: 'completed', end_to_end_duration: of.start + of.align + of.sync + of.async, start_delay: of.start, alignment: { duration: of.align }, checkpoint: { sync: of.sync, async: of.async } });
    const of = (...subtasks: object[]): CheckpointSubtasks => ({ subtasks }) as unknown as CheckpointSubtasks;
    expect(dominated(of(subtask(0, { start: 1, align: 1, sync: 1, async: 1 }), subtask(1, { start: 10, align: 900, sync: 5, async: 5 }))).because[0]).toContain('Subtask 1 was last: for 900 ms');
    expect(dominated(of(subtask(0, { start: 1, align: 1, sync: 1, async: 4000 }))).helps[0]).toContain('incremental');
    expect(dominated(undefined).because).toEqual([]);
  });
});

describe('a job that does not run', () => {
  const exceptions = { exceptionHistory: { truncated: false, entries: [{ exceptionName: 'x', timestamp: NOW, failureLabels: {}, taskName: 'Calc (1/1)', stacktrace: 'org.apache.flink.runtime.JobException: Recovery is suppressed\n\tat x\nCaused by: java.lang.ArithmeticException: Division by zero\n\tat y' }] } } as JobExceptions;

  test('has failed, restarts, or waits for slots', () => {
    const failed = why(observation([{ id: 'source' }], 'FAILED'), { exceptions });
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({ topic: 'job', severity: 'blocked' });
    expect(failed[0]?.because.join()).toContain('Division by zero');
    expect(why(observation([{ id: 'source' }], 'RESTARTING'), { exceptions })[0]?.title).toContain('restarts');
    const waiting = why(observation([{ id: 'source', parallelism: 8, waiting: true }]), { freeSlots: 2 });
    expect(waiting[0]).toMatchObject({ title: 'The job waits for slots' });
    expect(waiting[0]?.because[1]).toBe('The job needs 8 slots; 2 are free.');
    expect(why(observation([{ id: 'source' }], 'FINISHED'), {})[0]?.severity).toBe('fine');
  });

  test('the innermost cause is one line', () => {
    expect(lastCause('a: b\n\tat c\nCaused by: d: e\n\tat f')).toBe('d: e');
    expect(lastCause('a: b\n\tat c')).toBe('a: b');
  });
});
