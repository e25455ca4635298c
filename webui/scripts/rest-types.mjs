// Writes src/rest/types.gen.ts: the types of the REST answers, inferred from what the real Flink answered (compat-tests/fixtures/rest).
// The test compat-tests/tests/rest_schema.rs sees that flinkrs answers with the same keys and types, and src/rest/types.test.ts that this file is current.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FIXTURES = new URL('../../compat-tests/fixtures/rest/', import.meta.url);
export const TARGET = new URL('../src/rest/types.gen.ts', import.meta.url);

/** Name of the type, and the answers it is inferred from. */
const ANSWERS = {
  ClusterOverview: ['overview', 'overview_mixed'],
  DashboardConfiguration: ['config'],
  JobsOverview: ['jobs_overview', 'jobs_overview_mixed'],
  JobDetails: ['job', 'failed_job', 'canceled_job', 'job_after_stop'],
  JobConfiguration: ['job_config'],
  JobExceptions: ['failed_job_exceptions', 'job_exceptions', 'job_exceptions_max'],
  Checkpoints: ['job_checkpoints', 'failed_job_checkpoints', 'job_finished_checkpoints'],
  CheckpointConfiguration: ['job_checkpoints_config'],
  CheckpointDetails: ['job_checkpoint_details'],
  CheckpointSubtasks: ['job_checkpoint_details_subtasks'],
  VertexDetails: ['vertex0', 'vertex1'],
  VertexBackPressure: ['vertex0_backpressure', 'vertex0_backpressure_2nd', 'vertex1_backpressure', 'vertex1_backpressure_2nd'],
  SubtaskTimes: ['vertex0_subtasktimes', 'vertex1_subtasktimes'],
  MetricIds: ['vertex0_metrics'],
  MetricValues: ['vertex0_metrics_get', 'jobmanager_metrics_get', 'taskmanager_metrics_get'],
  TaskManagers: ['taskmanagers'],
  TaskManagerDetails: ['taskmanager'],
  LogFiles: ['taskmanager_logs', 'jobmanager_logs'],
  ThreadDump: ['taskmanager_thread_dump', 'jobmanager_thread-dump'],
  ClusterConfiguration: ['jobmanager_config'],
  Environment: ['jobmanager_environment'],
};

/** Objects whose keys are data, by the end of their place. */
const MAPS = ['user-config', 'tasks', 'status-counts', 'status-duration', 'timestamps', 'failureLabels', 'optimizer_properties', 'extendedResources', 'taskManagerMetrics'];
/** Where the captures have nothing to tell, or where we know more than they show, by the end of their place. */
const KNOWN = {
  'JobDetails.vertices.[].tasks': 'Partial<Record<ExecutionState, number>>',
  'JobDetails.status-counts': 'Partial<Record<ExecutionState, number>>',
  'JobDetails.state': 'JobStatus',
  'JobDetails.vertices.[].status': 'ExecutionState',
  'JobDetails.stream-graph': 'unknown',
  'JobsOverview.jobs.[].state': 'JobStatus',
  'JobsOverview.jobs.[].tasks': 'Record<string, number>',
  'VertexDetails.subtasks.[].status': 'ExecutionState',
  'VertexDetails.subtasks.[].other-concurrent-attempts': 'unknown',
  'SubtaskTimes.subtasks.[].timestamps': 'Partial<Record<ExecutionState, number>>',
  'Checkpoints.latest.failed': 'CheckpointStatistics | null',
  'Checkpoints.latest.completed': 'CheckpointStatistics | null',
  'Checkpoints.latest.savepoint': 'CheckpointStatistics | null',
  'Checkpoints.latest.restored': 'RestoredCheckpoint | null',
  'Checkpoints.history.[]': 'CheckpointStatistics',
  'CheckpointDetails.tasks': 'Record<string, CheckpointTask>',
  'CheckpointSubtasks.subtasks.[]': 'CheckpointSubtask',
  'JobExceptions.exceptionHistory.entries.[]': 'ExceptionEntry',
  'JobConfiguration.execution-config.user-config': 'Record<string, string>',
  'ThreadDump.threadInfos.[]': '{ threadName: string; stringifiedThreadInfo: string }',
};
/** Keys that only flinkrs answers with. */
const EXTRA = {
  ClusterOverview: ['"leader"?: string | null', '"term"?: number', '"group"?: { health: "HEALTHY" | "DEGRADED"; members: JobManagerMember[] }'],
};

const HEAD = `// Written by scripts/rest-types.mjs from what the real Flink answered; do not edit: npm run types.
/* eslint-disable */

export type JobStatus = 'INITIALIZING' | 'CREATED' | 'RUNNING' | 'FAILING' | 'FAILED' | 'CANCELLING' | 'CANCELED' | 'FINISHED' | 'RESTARTING' | 'SUSPENDED' | 'RECONCILING';
export type ExecutionState = 'CREATED' | 'SCHEDULED' | 'DEPLOYING' | 'INITIALIZING' | 'RUNNING' | 'FINISHED' | 'CANCELING' | 'CANCELED' | 'FAILED' | 'RECONCILING';
/** Java's NaN is a text in JSON. */
export type Num = number | 'NaN';
/** What many values have in common. */
export interface Summary { min: number; max: number; avg: number; p50: Num; p90: Num; p95: Num; p99: Num; p999: Num }
/** A JobManager of the Raft group, where there is one; only the leader knows who answers. */
export interface JobManagerMember { address: string; role: string; healthy?: boolean | null }
`;

function load(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FIXTURES), 'utf8')).body;
}

const isKeyed = (keys) => keys.length > 0 && keys.every((key) => /^[0-9a-f]{32}$/.test(key));

/** The type of these values at this place. */
function infer(values, place, indent) {
  const known = Object.entries(KNOWN).find(([end]) => place === end);
  if (known) return known[1];
  const kinds = new Set();
  const objects = values.filter((value) => value !== null && typeof value === 'object' && !Array.isArray(value));
  const arrays = values.filter(Array.isArray);
  for (const value of values) {
    if (value === null) kinds.add('null');
    else if (typeof value === 'string') kinds.add(value === 'NaN' ? 'Num' : 'string');
    else if (typeof value === 'number') kinds.add('number');
    else if (typeof value === 'boolean') kinds.add('boolean');
  }
  if (kinds.has('Num')) kinds.delete('number');
  if (arrays.length > 0) {
    const elements = arrays.flat();
    kinds.add(elements.length === 0 ? 'unknown[]' : `Array<${infer(elements, `${place}.[]`, indent)}>`);
  }
  if (objects.length > 0) kinds.add(inferObject(objects, place, indent));
  return [...kinds].join(' | ') || 'unknown';
}

function inferObject(objects, place, indent) {
  const keys = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  if (MAPS.some((map) => place.endsWith(`.${map}`)) || isKeyed(keys)) {
    const values = objects.flatMap((object) => Object.values(object));
    return `Record<string, ${values.length === 0 ? 'unknown' : infer(values, `${place}.*`, indent)}>`;
  }
  if (['min', 'max', 'avg', 'p50', 'p999'].every((key) => keys.includes(key))) return 'Summary';
  const inner = `${indent}  `;
  const lines = keys.map((key) => {
    const present = objects.filter((object) => key in object);
    const optional = present.length < objects.length ? '?' : '';
    return `${inner}${JSON.stringify(key)}${optional}: ${infer(present.map((object) => object[key]), `${place}.${key}`, inner)};`;
  });
  for (const extra of (indent === '' && EXTRA[place]) || []) lines.push(`${inner}${extra};`);
  return `{\n${lines.join('\n')}\n${indent}}`;
}

/** Types that are named because several answers have them, or because their place in the answers is a list of alternatives. */
function named() {
  const checkpoints = ANSWERS.Checkpoints.map(load);
  const history = checkpoints.flatMap((answer) => answer.history).concat(checkpoints.flatMap((answer) => Object.entries(answer.latest).filter(([key, value]) => key !== 'restored' && value).map(([, value]) => value)));
  const restored = checkpoints.map((answer) => answer.latest.restored).filter(Boolean);
  const details = ANSWERS.CheckpointDetails.map(load);
  const subtasks = ANSWERS.CheckpointSubtasks.map(load).flatMap((answer) => answer.subtasks);
  const entries = ANSWERS.JobExceptions.map(load).flatMap((answer) => answer.exceptionHistory.entries);
  const all = entries.concat(entries.flatMap((entry) => entry.concurrentExceptions ?? []));
  const entry = infer(all.map(({ concurrentExceptions: _, ...rest }) => rest), 'ExceptionEntry', '').replace(/\n}$/, '\n  "concurrentExceptions"?: ExceptionEntry[];\n}');
  return [
    // What only a failed or only a completed one says is optional.
    `export type CheckpointStatistics = ${infer(history, 'CheckpointStatistics', '').replace(/\n}$/, history.some((h) => 'failure_message' in h) ? '\n}' : '\n  "failure_timestamp"?: number;\n  "failure_message"?: string;\n}')};`,
    `export type RestoredCheckpoint = ${restored.length ? infer(restored, 'RestoredCheckpoint', '') : '{\n  "id": number;\n  "restore_timestamp": number;\n  "is_savepoint": boolean;\n  "external_path": string | null;\n}'};`,
    `export type CheckpointTask = ${infer(details.flatMap((answer) => Object.values(answer.tasks)), 'CheckpointTask', '')};`,
    // A subtask that has not acknowledged says only who it is.
    `export type CheckpointSubtask = ${partial(infer(subtasks, 'CheckpointSubtask', ''), ['index', 'status'])};`,
    `export type ExceptionEntry = ${entry};`,
  ];
}

function partial(type, kept) {
  return type.replace(/^  ("([^"]+)"):/gm, (line, key, name) => (kept.includes(name) ? line : `  ${key}?:`));
}

export function generate() {
  const types = Object.entries(ANSWERS).map(([name, files]) => `export type ${name} = ${infer(files.map(load), name, '')};`);
  return [HEAD, ...named(), ...types].join('\n') + '\n';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TARGET, generate());
