// Watches a running job: its details at every tick, and the figures of its vertices in turn, so that a job of 200 vertices costs the JobManager
// as many requests as one of a few.
import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { type Observation, type Watermarks, watermarksOf } from '../../analysis/observation';
import { rates, type VertexRate } from '../../analysis/rates';
import { getJson, RestError } from '../../rest/client';
import type { JobDetails, VertexBackPressure } from '../../rest/types.gen';

/** A vertex at one moment, for charts over time. */
export interface Sample {
  at: number;
  rate: VertexRate;
}

export interface Watched {
  observation: Observation | undefined;
  history: ReadonlyMap<string, readonly Sample[]>;
  error: Error | undefined;
}

const TICK_MS = 2000;
/** Vertices that are asked for their subtasks at each tick. */
const AT_ONCE = 12;
/** Of each vertex: ten minutes. */
const SAMPLES = 300;
const ENDED = new Set(['FINISHED', 'CANCELED', 'FAILED']);

export const JobContext = createContext<Watched>({ observation: undefined, history: new Map(), error: undefined });
export const useWatched = (): Watched => useContext(JobContext);

class JobWatch {
  private before: JobDetails | undefined;
  private readonly rates = new Map<string, VertexRate>();
  private readonly backPressure = new Map<string, VertexBackPressure>();
  private readonly watermarks = new Map<string, Watermarks>();
  private readonly history = new Map<string, Sample[]>();
  private next = 0;
  private readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The vertex in the drawer is asked for each time. */
  focus: string | undefined;

  constructor(
    private readonly job: string,
    private readonly show: (watched: Watched) => void,
  ) {
    document.addEventListener('visibilitychange', this.look);
    void this.tick();
  }

  end(): void {
    document.removeEventListener('visibilitychange', this.look);
    clearTimeout(this.timer);
    this.abort.abort();
  }

  private readonly look = (): void => {
    clearTimeout(this.timer);
    if (!document.hidden) void this.tick();
  };

  private async tick(): Promise<void> {
    let wait = TICK_MS;
    try {
      const job = await getJson<JobDetails>(`/jobs/${this.job}`, this.abort.signal);
      // The first answer is shown at once, later ones with what else is asked.
      if (this.before === undefined) this.publish(job, undefined);
      this.measure(job);
      if (ENDED.has(job.state)) wait = 10_000;
      else await this.ask(job);
      this.publish(job, undefined);
    } catch (error) {
      if (this.abort.signal.aborted) return;
      const known = error instanceof Error ? error : new Error(String(error));
      // A JobManager that comes back knows the job again; one that answers without it does not.
      if (known instanceof RestError && known.status === 404) this.before = undefined;
      this.publish(this.before, known);
    }
    if (!document.hidden && !this.abort.signal.aborted) this.timer = setTimeout(() => void this.tick(), wait);
  }

  private measure(job: JobDetails): void {
    if (this.before) {
      for (const [id, rate] of rates(this.before, job)) {
        this.rates.set(id, rate);
        const samples = this.history.get(id) ?? [];
        samples.push({ at: job.now, rate });
        if (samples.length > SAMPLES) samples.shift();
        this.history.set(id, samples);
      }
      // Figures are compared with those of the last report, not of the last request.
      const old = new Map(this.before.vertices.map((vertex) => [vertex.id, vertex]));
      for (const [index, vertex] of job.vertices.entries()) {
        const earlier = old.get(vertex.id);
        if (earlier && !this.moved(earlier.metrics, vertex.metrics)) job.vertices[index] = { ...vertex, metrics: earlier.metrics };
      }
    }
    this.before = job;
  }

  private moved(a: JobDetails['vertices'][number]['metrics'], b: typeof a): boolean {
    return a['accumulated-idle-time'] !== b['accumulated-idle-time'] || a['accumulated-busy-time'] !== b['accumulated-busy-time'] || a['accumulated-backpressured-time'] !== b['accumulated-backpressured-time'];
  }

  /** Asks some vertices for what only they say. */
  private async ask(job: JobDetails): Promise<void> {
    const ids = job.vertices.map((vertex) => vertex.id);
    const turn = ids.length <= AT_ONCE ? ids : Array.from({ length: AT_ONCE }, (_, i) => ids[(this.next + i) % ids.length] as string);
    this.next = (this.next + AT_ONCE) % Math.max(1, ids.length);
    if (this.focus !== undefined && ids.includes(this.focus) && !turn.includes(this.focus)) turn.push(this.focus);
    await Promise.all(
      turn.map(async (id) => {
        const path = `/jobs/${this.job}/vertices/${id}`;
        const [pressure, marks] = await Promise.all([
          getJson<VertexBackPressure>(`${path}/backpressure`, this.abort.signal),
          getJson<{ id: string; value: string }[]>(`${path}/watermarks`, this.abort.signal),
        ]);
        this.backPressure.set(id, pressure);
        this.watermarks.set(id, watermarksOf(marks, this.watermarks.get(id), Date.now()));
      }),
    );
  }

  private publish(job: JobDetails | undefined, error: Error | undefined): void {
    const observation = job && {
      job,
      rates: new Map(this.rates),
      backPressure: new Map(this.backPressure),
      watermarks: new Map(this.watermarks),
      now: Date.now(),
    };
    this.show({ observation, history: this.history, error });
  }
}

/** Watches this job while the component is shown. */
export function useJobWatch(job: string, focus: string | undefined): Watched {
  const [watched, show] = useState<Watched>({ observation: undefined, history: new Map(), error: undefined });
  const watch = useRef<JobWatch | undefined>(undefined);
  useEffect(() => {
    show({ observation: undefined, history: new Map(), error: undefined });
    const started = new JobWatch(job, show);
    watch.current = started;
    return () => started.end();
  }, [job]);
  if (watch.current) watch.current.focus = focus;
  return watched;
}
