// What is known of a running job at one moment: what the pages draw, and what `why` explains.
import type { CheckpointConfiguration, CheckpointDetails, Checkpoints, CheckpointSubtasks, JobDetails, JobExceptions, VertexBackPressure, VertexDetails } from '../rest/types.gen';
import type { Rates } from './rates';

/** Watermarks of the subtasks of a vertex, ms; `null` where there is none yet. */
export interface Watermarks {
  bySubtask: ReadonlyMap<number, number | null>;
  /** The lowest; `null` when a subtask has none, or nobody has. */
  lowest: number | null;
  /** When the lowest last moved, ms since the epoch by the browser's clock. */
  movedAt: number;
  /** When it was asked for. */
  at: number;
}

export interface Observation {
  job: JobDetails;
  rates: Rates;
  backPressure: ReadonlyMap<string, VertexBackPressure>;
  watermarks: ReadonlyMap<string, Watermarks>;
  /** By the browser's clock, ms. */
  now: number;
}

/** What only the why-panel asks for. */
export interface Evidence {
  checkpoints?: Checkpoints | undefined;
  checkpointConfiguration?: CheckpointConfiguration | undefined;
  /** Of the checkpoint that is explained. */
  checkpoint?: CheckpointDetails | undefined;
  /** Its slowest or unfinished vertex. */
  checkpointSubtasks?: { vertex: string; subtasks: CheckpointSubtasks } | undefined;
  /** Barriers of the checkpoint under way that the subtasks of that vertex wait for, where they were asked. */
  barriersMissing?: ReadonlyMap<number, number> | undefined;
  /** Of the vertex that is explained. */
  vertexDetails?: VertexDetails | undefined;
  exceptions?: JobExceptions | undefined;
  freeSlots?: number | undefined;
}

/** Flink's way to say that there is no watermark yet. */
const NONE = -9223372036854775000;

/** Watermarks of one answer, with when the lowest last moved. */
export function watermarksOf(values: readonly { id: string; value: string }[], before: Watermarks | undefined, now: number): Watermarks {
  const bySubtask = new Map<number, number | null>();
  for (const { id, value } of values) {
    const subtask = Number(id.split('.')[0]);
    const millis = Number(value);
    if (Number.isInteger(subtask)) bySubtask.set(subtask, Number.isFinite(millis) && millis > NONE ? millis : null);
  }
  const all = [...bySubtask.values()];
  const lowest = all.length === 0 || all.includes(null) ? null : Math.min(...(all as number[]));
  const moved = before === undefined || before.lowest !== lowest;
  return { bySubtask, lowest, movedAt: moved ? now : before.movedAt, at: now };
}

/** The producers of each vertex, and its consumers. */
export interface Topology {
  producers: ReadonlyMap<string, readonly string[]>;
  consumers: ReadonlyMap<string, readonly string[]>;
  /** Producers before consumers. */
  order: readonly string[];
}

export function topology(job: JobDetails): Topology {
  const producers = new Map<string, string[]>(job.vertices.map((vertex) => [vertex.id, []]));
  const consumers = new Map<string, string[]>(job.vertices.map((vertex) => [vertex.id, []]));
  for (const node of job.plan.nodes) {
    for (const input of node.inputs ?? []) {
      producers.get(node.id)?.push(input.id);
      consumers.get(input.id)?.push(node.id);
    }
  }
  const open = new Map([...producers].map(([id, from]) => [id, from.length]));
  const ready = [...open].filter(([, inputs]) => inputs === 0).map(([id]) => id);
  const order: string[] = [];
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    order.push(id);
    for (const next of consumers.get(id) ?? []) {
      const left = (open.get(next) ?? 0) - 1;
      open.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  return { producers, consumers, order };
}

/** The largest busy and back-pressured share of a vertex's subtasks, where they were measured; else the means. */
export function worst(id: string, seen: Pick<Observation, 'rates' | 'backPressure'>): { busy: number; backPressured: number } | undefined {
  const measured = seen.backPressure.get(id)?.subtasks ?? [];
  const mean = seen.rates.get(id);
  if (measured.length === 0 && !mean) return undefined;
  const share = (value: number | 'NaN'): number => (typeof value === 'number' ? value : 0);
  return {
    busy: Math.min(1, Math.max(mean?.busy ?? 0, ...measured.map((subtask) => share(subtask.busyRatio)))),
    backPressured: Math.min(1, Math.max(mean?.backPressured ?? 0, ...measured.map((subtask) => share(subtask.ratio)))),
  };
}
