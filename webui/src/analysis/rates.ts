// Rates of vertices from two answers for the same job: what happened in between.
import type { JobDetails } from '../rest/types.gen';
import { num } from '../format';

/** What a vertex did between two answers; shares are means over its subtasks, from 0 to 1. */
export interface VertexRate {
  busy: number;
  backPressured: number;
  idle: number;
  /** Records a second over all subtasks. */
  in: number;
  out: number;
  bytesIn: number;
  bytesOut: number;
}

export type Rates = ReadonlyMap<string, VertexRate>;

/** Counters that were reset, by a restart, count from zero. */
const grown = (before: number, after: number): number => (after >= before ? after - before : after);

/**
 * The rates between two answers, or `null` when nothing was measured in between: TaskManagers report every few seconds, and figures of a single
 * report are no rates. The figures of a vertex that was not measured again are left out, so that older ones stay.
 */
export function rates(before: JobDetails, after: JobDetails): Map<string, VertexRate> {
  const result = new Map<string, VertexRate>();
  const old = new Map(before.vertices.map((vertex) => [vertex.id, vertex]));
  for (const vertex of after.vertices) {
    const earlier = old.get(vertex.id);
    if (!earlier) continue;
    const [a, b] = [earlier.metrics, vertex.metrics];
    const busy = grown(num(a['accumulated-busy-time']), num(b['accumulated-busy-time']));
    const backPressured = grown(a['accumulated-backpressured-time'], b['accumulated-backpressured-time']);
    const idle = grown(a['accumulated-idle-time'], b['accumulated-idle-time']);
    const measured = (Number.isFinite(busy) ? busy : 0) + backPressured + idle;
    // All of a subtask's time is one of the three: what was measured is the time that has passed, times the parallelism.
    if (measured <= 0) continue;
    const seconds = measured / 1000 / Math.max(1, vertex.parallelism);
    result.set(vertex.id, {
      busy: (Number.isFinite(busy) ? busy : 0) / measured,
      backPressured: backPressured / measured,
      idle: idle / measured,
      in: grown(a['read-records'], b['read-records']) / seconds,
      out: grown(a['write-records'], b['write-records']) / seconds,
      bytesIn: grown(a['read-bytes'], b['read-bytes']) / seconds,
      bytesOut: grown(a['write-bytes'], b['write-bytes']) / seconds,
    });
  }
  return result;
}
