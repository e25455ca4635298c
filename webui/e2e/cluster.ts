// A cluster of real processes: JobManagers, each on a loopback address of its own and all at the same ports, and some TaskManagers.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FLINKRS = process.env.FLINKRS || 'flinkrs';
const run = promisify(execFile);
/** Longest wait for anything: a slow machine is no failure. */
export const PATIENCE = 120_000;
/** How long a process may take to end when it is asked to. */
const GRACE = 10_000;

type Settings = Record<string, string | number>;

async function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '0.0.0.0', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? done(address.port) : failed(new Error('no port'))));
    });
  });
}

export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + PATIENCE;
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
  throw new Error(`${what} did not come about within ${PATIENCE} ms${last ? `: ${String(last)}` : ''}`);
}

interface Overview {
  taskmanagers: number;
  leader?: string;
  term?: number;
}

interface JobManager {
  host: string;
  process: ChildProcess | undefined;
}

export interface Wanted {
  jobmanagers?: 1 | 3;
  taskmanagers?: number;
  slots?: number;
  settings?: Settings;
}

export class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'flinkrs-webui-'));
  readonly jobmanagers: JobManager[];
  readonly taskmanagers: ChildProcess[] = [];
  private ports = { rest: 0, rpc: 0, sql: 0 };
  private output = '';

  private constructor(
    jobmanagers: number,
    private readonly settings: Settings,
  ) {
    this.jobmanagers = Array.from({ length: jobmanagers }, (_, index) => ({ host: `127.0.0.${index + 1}`, process: undefined }));
  }

  static async start({ jobmanagers = 1, taskmanagers = 1, slots = 4, settings = {} }: Wanted = {}): Promise<Cluster> {
    const cluster = new Cluster(jobmanagers, settings);
    try {
      cluster.ports = { rest: await freePort(), rpc: await freePort(), sql: await freePort() };
      for (const one of cluster.jobmanagers) cluster.startJobManager(one);
      await cluster.answers();
      for (let i = 0; i < taskmanagers; i += 1) cluster.startTaskManager(slots);
      await cluster.registered(taskmanagers);
      return cluster;
    } catch (error) {
      await cluster.end();
      throw new Error(`${String(error)}\n${cluster.output}`);
    }
  }

  /** Of a JobManager; of the first one that runs when none is named. */
  urlOf(jobmanager: JobManager | undefined = this.jobmanagers.find((one) => one.process !== undefined)): string {
    return `http://${jobmanager?.host ?? '127.0.0.1'}:${this.ports.rest}`;
  }

  get url(): string {
    return this.urlOf();
  }

  private spawn(role: string, settings: Settings): ChildProcess {
    const all = { 'io.tmp.dirs': join(this.folder, 'tmp'), 'heartbeat.interval': '500 ms', 'heartbeat.timeout': '5 s', 'env.log.dir': join(this.folder, 'log'), ...this.high(), ...this.settings, ...settings };
    const child = spawn(FLINKRS, [role, ...Object.entries(all).flatMap(([key, value]) => ['-D', `${key}=${value}`])], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (this.output += data.toString()));
    // Nothing that the tests have started outlives them.
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    return child;
  }

  private high(): Settings {
    const peers = this.jobmanagers.map(({ host }) => `${host}:${this.ports.rpc}`).join(',');
    return { 'high-availability.type': 'raft', ...(this.jobmanagers.length > 1 ? { 'high-availability.raft.peers': peers } : {}) };
  }

  startJobManager(one = this.jobmanagers[0]): void {
    if (!one) return;
    const { rest, rpc, sql } = this.ports;
    one.process = this.spawn('jobmanager', {
      'rest.address': one.host, 'rest.bind-address': one.host, 'rest.port': rest, 'rest.bind-port': rest, 'jobmanager.rpc.address': one.host, 'jobmanager.bind-host': one.host, 'jobmanager.rpc.port': rpc,
      'sql-gateway.endpoint.rest.bind-address': one.host, 'sql-gateway.endpoint.rest.port': sql, 'high-availability.storageDir': `file://${this.folder}/ha-${one.host}`,
      'execution.checkpointing.dir': `file://${this.folder}/checkpoints`, 'execution.checkpointing.savepoint-dir': `file://${this.folder}/savepoints`,
    });
  }

  /** Waits until all JobManagers that run answer. */
  async answers(): Promise<void> {
    for (const one of this.jobmanagers.filter((jobmanager) => jobmanager.process)) {
      await until(`the JobManager at ${one.host} answers`, async () => ((await fetch(`${this.urlOf(one)}/overview`)).ok ? true : undefined));
    }
  }

  startTaskManager(slots = 4): ChildProcess {
    const child = this.spawn('taskmanager', { 'jobmanager.rpc.address': '127.0.0.1', 'jobmanager.rpc.port': this.ports.rpc, 'taskmanager.host': '127.0.0.1', 'taskmanager.rpc.port': 0, 'taskmanager.data.port': 0, 'taskmanager.numberOfTaskSlots': slots });
    this.taskmanagers.push(child);
    return child;
  }

  async registered(wanted: number): Promise<void> {
    await until(`${wanted} TaskManagers are registered`, async () => ((await this.overview()).taskmanagers === wanted ? true : undefined));
  }

  overview(): Promise<Overview> {
    return this.get<Overview>('/overview');
  }

  /** Who leads. */
  async leader(): Promise<JobManager> {
    return until('a JobManager leads', async () => {
      const { leader } = await this.overview();
      return this.jobmanagers.find(({ host, process: running }) => running && leader === `${host}:${this.ports.rpc}`);
    });
  }

  async get<T>(path: string): Promise<T> {
    return (await (await fetch(this.url + path, { signal: AbortSignal.timeout(10_000) })).json()) as T;
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

  /** Ends a JobManager at once, as a crash does. */
  async killJobManager(one = this.jobmanagers[0]): Promise<void> {
    await ended(one?.process, 'SIGKILL');
    if (one) one.process = undefined;
  }

  async end(): Promise<void> {
    await Promise.all([...this.taskmanagers, ...this.jobmanagers.map((one) => one.process)].map((child) => ended(child, 'SIGTERM')));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE);
  await gone;
  clearTimeout(timer);
}
