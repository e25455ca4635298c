// What changes a job: each sends a request, and waits until it is done where Flink's API only starts it.
import { getJson, RestError, send, upload } from './client';

interface Triggered {
  'request-id': string;
}

interface Asynchronous<T> {
  status: { id: 'IN_PROGRESS' | 'COMPLETED' };
  operation: (T & { 'failure-cause'?: { class: string; 'stack-trace': string } }) | null;
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function finished<T>(path: string): Promise<T> {
  for (let wait = 100; ; wait = Math.min(wait * 1.5, 1000)) {
    const answer = await getJson<Asynchronous<T>>(path);
    if (answer.status.id === 'COMPLETED' && answer.operation) {
      const failure = answer.operation['failure-cause'];
      if (failure) throw new RestError(200, [failure['stack-trace']]);
      return answer.operation;
    }
    await pause(wait);
  }
}

/** Stops the job without a savepoint. */
export async function cancel(job: string): Promise<void> {
  await send('PATCH', `/jobs/${job}?mode=cancel`);
}

/** Takes a savepoint, and returns its folder. */
export async function savepoint(job: string, directory: string | null): Promise<string> {
  const body = { 'target-directory': directory, 'cancel-job': false, formatType: 'CANONICAL' };
  const { 'request-id': id } = await send<Triggered>('POST', `/jobs/${job}/savepoints`, body);
  return (await finished<{ location: string }>(`/jobs/${job}/savepoints/${id}`)).location;
}

/** Stops the job with a savepoint, and returns its folder. */
export async function stop(job: string, directory: string | null, drain: boolean): Promise<string> {
  const body = { targetDirectory: directory, drain, formatType: 'CANONICAL' };
  const { 'request-id': id } = await send<Triggered>('POST', `/jobs/${job}/stop`, body);
  return (await finished<{ location: string }>(`/jobs/${job}/savepoints/${id}`)).location;
}

/** Takes a checkpoint, and returns its number. */
export async function checkpoint(job: string, full: boolean): Promise<number> {
  const body = { checkpointType: full ? 'FULL' : 'CONFIGURED' };
  const { 'request-id': id } = await send<Triggered>('POST', `/jobs/${job}/checkpoints`, body);
  return (await finished<{ checkpointId: number }>(`/jobs/${job}/checkpoints/${id}`)).checkpointId;
}

/** Deletes a savepoint. */
export async function disposeSavepoint(path: string): Promise<void> {
  const { 'request-id': id } = await send<Triggered>('POST', '/savepoint-disposal', { 'savepoint-path': path });
  await finished(`/savepoint-disposal/${id}`);
}

/** The parallelism that each vertex may have. */
export type ResourceRequirements = Record<string, { parallelism: { lowerBound: number; upperBound: number } }>;

export const resourceRequirements = (job: string): Promise<ResourceRequirements> => getJson(`/jobs/${job}/resource-requirements`);

/** Changes the parallelism of a running job. */
export async function rescale(job: string, requirements: ResourceRequirements): Promise<void> {
  await send('PUT', `/jobs/${job}/resource-requirements`, requirements);
}

/** Uploads a program, runs it, and takes it away again; returns the id of its first job. */
export async function runProgram(name: string, text: string, configuration: Record<string, string>): Promise<string> {
  const form = new FormData();
  form.append('jarfile', new File([text], name));
  const { filename } = await upload<{ filename: string }>('/jars/upload', form);
  const id = filename.split('/').pop() ?? filename;
  try {
    return (await send<{ jobid: string }>('POST', `/jars/${encodeURIComponent(id)}/run`, { flinkConfiguration: configuration })).jobid;
  } finally {
    await send('DELETE', `/jars/${encodeURIComponent(id)}`).catch(() => undefined);
  }
}
