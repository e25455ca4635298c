// Observations for tests, made of a few words a vertex.
import type { JobDetails, JobStatus, VertexBackPressure } from '../rest/types.gen';
import { type Observation, type Watermarks, watermarksOf } from './observation';
import type { VertexRate } from './rates';

export interface VertexWords {
  id: string;
  from?: string[];
  parallelism?: number;
  /** Busy and back-pressured shares of each subtask. */
  subtasks?: [busy: number, pressed: number][];
  in?: number;
  out?: number;
  /** Of each subtask, relative to now; `null` is none yet. */
  watermarks?: (number | null)[];
  /** How long the lowest has not moved, ms. */
  still?: number;
  waiting?: boolean;
}

export const NOW = 1_800_000_000_000;

export function observation(vertices: VertexWords[], state: JobStatus = 'RUNNING'): Observation {
  const job = {
    jid: 'a'.repeat(32), name: 'job', state, now: NOW, 'start-time': NOW - 60_000, 'end-time': -1, 'status-counts': { RUNNING: vertices.filter((vertex) => !vertex.waiting).length },
    vertices: vertices.map((vertex) => {
      const parallelism = vertex.parallelism ?? vertex.subtasks?.length ?? 1;
      return {
        id: vertex.id, name: vertex.id, parallelism, maxParallelism: 128, status: vertex.waiting ? 'SCHEDULED' : 'RUNNING', tasks: vertex.waiting ? { SCHEDULED: parallelism } : { RUNNING: parallelism },
        metrics: { 'read-records': 0, 'write-records': 0, 'read-bytes': 0, 'write-bytes': 0, 'accumulated-busy-time': 0, 'accumulated-backpressured-time': 0, 'accumulated-idle-time': 0 },
      };
    }),
    plan: { nodes: vertices.map((vertex) => ({ id: vertex.id, description: '', parallelism: 1, inputs: (vertex.from ?? []).map((id, num) => ({ id, num, ship_strategy: 'HASH' })) })) },
  } as unknown as JobDetails;
  const rates = new Map<string, VertexRate>();
  const backPressure = new Map<string, VertexBackPressure>();
  const watermarks = new Map<string, Watermarks>();
  for (const { id, subtasks, in: rowsIn = 0, out = 0, watermarks: marks, still = 0 } of vertices) {
    if (subtasks) {
      const mean = (index: 0 | 1): number => subtasks.reduce((sum, one) => sum + one[index], 0) / subtasks.length;
      rates.set(id, { busy: mean(0), backPressured: mean(1), idle: 1 - mean(0) - mean(1), in: rowsIn, out, bytesIn: 0, bytesOut: 0 });
      backPressure.set(id, { status: 'ok', subtasks: subtasks.map(([busyRatio, ratio], subtask) => ({ subtask, busyRatio, ratio, idleRatio: 1 - busyRatio - ratio })) } as unknown as VertexBackPressure);
    }
    if (marks) {
      const values = marks.map((mark, index) => ({ id: `${index}.currentInputWatermark`, value: mark === null ? '-9223372036854775808' : String(NOW + mark) }));
      watermarks.set(id, { ...watermarksOf(values, undefined, NOW), movedAt: NOW - still });
    }
  }
  return { job, rates, backPressure, watermarks, now: NOW };
}
