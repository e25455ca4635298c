// A JobManager that is none: it serves the built page, and invents answers for one job of many vertices whose figures move. No machine at hand
// runs 200 vertices at parallelism 64; what is measured with it is the page, not a cluster.
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import type { CheckpointConfiguration, Checkpoints, ClusterOverview, JobDetails, JobExceptions, JobsOverview, Summary, VertexBackPressure, VertexDetails } from '../src/rest/types.gen';

const APP = join(import.meta.dirname, '../dist/app');
const TYPES: Record<string, string> = { '.html': 'text/html; charset=UTF-8', '.js': 'text/javascript; charset=UTF-8', '.css': 'text/css; charset=UTF-8', '.svg': 'image/svg+xml' };
/** How many vertices of 200 stand in each rank of the graph. */
const RANKS = [30, 40, 40, 40, 30, 20];
export const JOB = '7f'.repeat(16);

interface Vertex {
  id: string;
  name: string;
  inputs: string[];
  /** Mean shares of its time. */
  busy: number;
  pressed: number;
  rows: number;
}

/** Small, fast, and the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 1 | state) + 0x6d2b79f5) | 0;
    return ((state ^ (state >>> 14)) >>> 0) / 4294967296;
  };
}

function graph(): Vertex[] {
  const next = random(7);
  const pick = <T,>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  const vertices: Vertex[] = [];
  let before: Vertex[] = [];
  for (const [rank, size] of RANKS.entries()) {
    const here = Array.from({ length: size }, (_, index) => {
      const inputs = new Set(rank === 0 ? [] : [(before[index % before.length] as Vertex).id]);
      if (rank > 0 && next() < 0.4) inputs.add(pick(before).id);
      const name = rank === 0 ? `Source: topic_${index}[1] -> Calc[2] -> WatermarkAssigner[3]` : rank === RANKS.length - 1 ? `Sink: table_${index}[9]` : inputs.size > 1 ? `Join[${rank}] -> Calc[${rank + 1}]` : `GlobalWindowAggregate[${rank}] -> Calc[${rank + 1}]`;
      return { id: (rank * 1000 + index + 1).toString(16).padStart(32, '0'), name, inputs: [...inputs], busy: next() * 0.8, pressed: next() * 0.15, rows: 1000 + next() * 100_000 };
    });
    vertices.push(...here);
    before = here;
  }
  return vertices;
}

export interface LargeJob {
  url: string;
  /** Answers so far by the shape of their path. */
  asked: Map<string, number>;
  close: () => Promise<void>;
}

export async function serveLargeJob(parallelism: number): Promise<LargeJob> {
  const vertices = graph();
  const byId = new Map(vertices.map((vertex) => [vertex.id, vertex]));
  const started = Date.now() - 3_600_000;
  const asked = new Map<string, number>();
  const wave = (vertex: Vertex, subtask: number, now: number): number => 0.5 + 0.5 * Math.sin(now / 4000 + vertex.rows + subtask);
  const share = (vertex: Vertex, subtask: number, now: number): { busy: number; pressed: number } => {
    const busy = vertex.busy * (0.6 + 0.4 * wave(vertex, subtask, now));
    return { busy, pressed: Math.min(1 - busy, vertex.pressed * wave(vertex, subtask + 3, now)) };
  };
  const summary: Summary = { min: 80, max: 900, avg: 210, p50: 200, p90: 400, p95: 500, p99: 800, p999: 900 };
  const metrics = (vertex: Vertex, factor: number, now: number): JobDetails['vertices'][number]['metrics'] => {
    const ms = (now - started) * factor;
    const rows = Math.round((vertex.rows * (now - started) * factor) / 1000);
    return {
      'read-bytes': rows * 80, 'read-bytes-complete': true, 'write-bytes': rows * 80, 'write-bytes-complete': true, 'read-records': rows, 'read-records-complete': true, 'write-records': rows, 'write-records-complete': true,
      'accumulated-busy-time': Math.round(ms * vertex.busy), 'accumulated-backpressured-time': Math.round(ms * vertex.pressed), 'accumulated-idle-time': Math.round(ms * (1 - vertex.busy - vertex.pressed)),
    };
  };

  const details = (now: number): JobDetails => ({
    jid: JOB, 'application-id': JOB, name: `${vertices.length} vertices at parallelism ${parallelism}`, isStoppable: false, state: 'RUNNING', 'job-type': 'STREAMING', schedulerType: 'Default',
    'start-time': started, 'end-time': -1, duration: now - started, maxParallelism: 128, now, timestamps: { CREATED: started, RUNNING: started },
    vertices: vertices.map((vertex) => ({
      id: vertex.id, slotSharingGroupId: JOB, name: vertex.name, maxParallelism: 128, parallelism, status: 'RUNNING', 'start-time': started, 'end-time': -1, duration: now - started, tasks: { RUNNING: parallelism }, metrics: metrics(vertex, parallelism, now),
    })),
    'status-counts': { RUNNING: vertices.length },
    plan: {
      jid: JOB, name: 'large', type: 'STREAMING',
      nodes: vertices.map((vertex) => ({
        id: vertex.id, operator: '', parallelism, operator_strategy: '', description: `${vertex.name}<br/>`, optimizer_properties: {},
        ...(vertex.inputs.length > 0 ? { inputs: vertex.inputs.map((id, num) => ({ id, num, exchange: 'pipelined_bounded', ship_strategy: 'HASH' })) } : {}),
      })),
    },
    'pending-operators': 0,
  });

  const vertexDetails = (vertex: Vertex, now: number): Omit<VertexDetails, 'aggregated'> => ({
    id: vertex.id, name: vertex.name, parallelism, maxParallelism: 128, now,
    subtasks: Array.from({ length: parallelism }, (_, subtask) => ({
      subtask, status: 'RUNNING' as const, attempt: 0, endpoint: `worker-${subtask % 16}:6122`, 'start-time': started, 'end-time': -1, duration: now - started, metrics: metrics(vertex, 1, now), 'taskmanager-id': `worker-${subtask % 16}:6122-abcdef`,
      'status-duration': { RUNNING: now - started }, start_time: started,
    })),
  });

  const backPressure = (vertex: Vertex, now: number): VertexBackPressure => ({
    status: 'ok', backpressureLevel: 'ok', 'backpressure-level': 'ok', 'end-timestamp': now,
    subtasks: Array.from({ length: parallelism }, (_, subtask) => {
      const { busy, pressed } = share(vertex, subtask, now);
      return { subtask, backpressureLevel: 'ok', 'backpressure-level': 'ok', ratio: pressed, busyRatio: busy, idleRatio: 1 - busy - pressed };
    }),
  });

  const answer = (path: string, query: URLSearchParams): unknown => {
    const now = Date.now();
    const count = (shape: string): void => void asked.set(shape, (asked.get(shape) ?? 0) + 1);
    const parts = path.split('/').filter(Boolean);
    count(parts.map((part) => (part.length === 32 ? ':id' : part)).join('/'));
    if (path === '/overview') {
      return { taskmanagers: 16, 'slots-total': 64, 'slots-available': 0, 'jobs-running': 1, 'jobs-finished': 0, 'jobs-cancelled': 0, 'jobs-failed': 0, 'flink-version': '2.3.0', 'flink-commit': 'invented' } satisfies ClusterOverview;
    }
    if (path === '/jobs/overview') {
      const job = details(now);
      const total = vertices.length * parallelism;
      return { jobs: [{ jid: JOB, name: job.name, jobType: 'STREAMING', schedulerType: 'Default', 'start-time': started, 'end-time': -1, duration: now - started, state: 'RUNNING', 'last-modification': started, tasks: { running: total, total }, 'pending-operators': 0 }] } satisfies JobsOverview;
    }
    if (path === `/jobs/${JOB}`) return details(now);
    if (path === `/jobs/${JOB}/exceptions`) return { exceptionHistory: { entries: [], truncated: false } } satisfies JobExceptions;
    if (path === `/jobs/${JOB}/checkpoints`) {
      return { counts: { restored: 0, total: 0, in_progress: 0, completed: 0, failed: 0 }, summary: { checkpointed_size: summary, state_size: summary, end_to_end_duration: summary, alignment_buffered: summary, processed_data: summary, persisted_data: summary }, latest: { completed: null, savepoint: null, failed: null, restored: null }, history: [] } satisfies Checkpoints;
    }
    if (path === `/jobs/${JOB}/checkpoints/config`) return { interval: 0 } satisfies Partial<CheckpointConfiguration>;
    const vertex = byId.get(parts[3] ?? '');
    if (!vertex) return undefined;
    switch (parts.slice(4).join('/')) {
      case '':
        return vertexDetails(vertex, now);
      case 'backpressure':
        return backPressure(vertex, now);
      case 'watermarks':
        return Array.from({ length: parallelism }, (_, subtask) => ({ id: `${subtask}.currentInputWatermark`, value: String(now - 2000 - Math.round(500 * wave(vertex, subtask, now))) }));
      case 'metrics':
        return (query.get('get') ?? '').split(',').map((id) => ({ id, value: id.endsWith('currentActivity') ? 'waiting for input' : '0' }));
      default:
        return undefined;
    }
  };

  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const file = join(APP, url.pathname === '/' ? 'index.html' : url.pathname);
    if (file.startsWith(APP) && extname(file) !== '' && existsSync(file)) {
      const zipped = existsSync(`${file}.gz`);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', ...(zipped ? { 'content-encoding': 'gzip' } : {}) });
      createReadStream(zipped ? `${file}.gz` : file).pipe(response);
      return;
    }
    const body = answer(url.pathname, url.searchParams);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { errors: ['invented answers have no such path'] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, asked, close: () => new Promise((done) => { server.closeAllConnections(); server.close(() => done()); }) };
}
