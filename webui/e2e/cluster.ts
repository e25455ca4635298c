// A cluster of real processes on ports of the system's choosing: a JobManager and some TaskManagers.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const FLINKRS = process.env.FLINKRS ?? 'flinkrs';
const run = promisify(execFile);

async function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? done(address.port) : failed(new Error('no port'))));
    });
  });
}

async function until<T>(what: string, look: () => Promise<T | undefined>, ms = 30_000): Promise<T> {
  const end = Date.now() + ms;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((again) => setTimeout(again, 100));
  }
  throw new Error(`${what} did not come about within ${ms} ms${last ? `: ${String(last)}` : ''}`);
}

export class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'flinkrs-webui-'));
  private jobmanager: ChildProcess | undefined;
  readonly taskmanagers: ChildProcess[] = [];
  private ports = { rest: 0, rpc: 0, sql: 0 };
  private output = '';

  static async start(taskmanagers = 1, slots = 4): Promise<Cluster> {
    const cluster = new Cluster();
    cluster.ports = { rest: await freePort(), rpc: await freePort(), sql: await freePort() };
    await cluster.startJobManager();
    for (let i = 0; i < taskmanagers; i += 1) cluster.startTaskManager(slots);
    await cluster.registered(taskmanagers);
    return cluster;
  }

  get url(): string {
    return `http://127.0.0.1:${this.ports.rest}`;
  }

  private spawn(role: string, settings: Record<string, string | number>): ChildProcess {
    const all = { 'io.tmp.dirs': join(this.folder, 'tmp'), 'heartbeat.interval': '500 ms', 'heartbeat.timeout': '3 s', ...settings };
    const child = spawn(FLINKRS, [role, ...Object.entries(all).flatMap(([key, value]) => ['-D', `${key}=${value}`])], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (this.output += data.toString()));
    return child;
  }

  async startJobManager(): Promise<void> {
    const { rest, rpc, sql } = this.ports;
    this.jobmanager = this.spawn('jobmanager', {
      'rest.port': rest, 'rest.bind-port': rest, 'jobmanager.rpc.port': rpc, 'sql-gateway.endpoint.rest.port': sql,
      'high-availability.type': 'raft', 'high-availability.storageDir': `file://${this.folder}/ha`,
      'execution.checkpointing.dir': `file://${this.folder}/checkpoints`, 'execution.checkpointing.savepoint-dir': `file://${this.folder}/savepoints`,
    });
    await until('the JobManager answers', async () => ((await fetch(`${this.url}/overview`)).ok ? true : undefined)).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output}`);
    });
  }

  startTaskManager(slots: number): ChildProcess {
    const child = this.spawn('taskmanager', { 'jobmanager.rpc.address': '127.0.0.1', 'jobmanager.rpc.port': this.ports.rpc, 'taskmanager.rpc.port': 0, 'taskmanager.data.port': 0, 'taskmanager.numberOfTaskSlots': slots });
    this.taskmanagers.push(child);
    return child;
  }

  async registered(wanted: number): Promise<void> {
    await until(`${wanted} TaskManagers are registered`, async () => ((await this.get<{ taskmanagers: number }>('/overview')).taskmanagers === wanted ? true : undefined));
  }

  async get<T>(path: string): Promise<T> {
    return (await (await fetch(this.url + path)).json()) as T;
  }

  /** Submits a script, and returns the id of its job. */
  async submit(sql: string): Promise<string> {
    const file = join(this.folder, `job-${Math.random().toString(36).slice(2)}.sql`);
    writeFileSync(file, sql);
    const { stdout } = await run(FLINKRS, ['run', '-d', '-m', this.url.slice('http://'.length), file]);
    const id = /JobID ([0-9a-f]{32})/.exec(stdout)?.[1];
    if (id === undefined) throw new Error(`no job id in ${stdout}`);
    return id;
  }

  async state(job: string, wanted: string): Promise<void> {
    await until(`job ${job} is ${wanted}`, async () => ((await this.get<{ state: string }>(`/jobs/${job}`)).state === wanted ? true : undefined));
  }

  /** Ends the JobManager at once, as a crash does. */
  async killJobManager(): Promise<void> {
    await ended(this.jobmanager, 'SIGKILL');
  }

  async end(): Promise<void> {
    await Promise.all([...this.taskmanagers, this.jobmanager].map((child) => ended(child, 'SIGTERM')));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  await gone;
}
