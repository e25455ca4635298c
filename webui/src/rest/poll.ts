// Polling: one request at a time for each path, however many components show it; none while nobody looks.
import { useEffect, useState } from 'preact/hooks';
import { getJson, getText } from './client';

/** What is known of a path. */
export interface Polled<T> {
  data: T | undefined;
  /** Why the last request failed; what was there before is kept. */
  error: Error | undefined;
  /** When `data` came, ms since the epoch. */
  at: number;
}

const NOTHING: Polled<never> = { data: undefined, error: undefined, at: 0 };
const SLOWEST_MS = 15_000;

class Poller {
  state: Polled<unknown> = NOTHING;
  private readonly subscribers = new Map<() => void, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private failures = 0;
  private text = '';

  constructor(
    private readonly path: string,
    private readonly plain: boolean,
  ) {}

  subscribe(notify: () => void, every: number): () => void {
    this.subscribers.set(notify, every);
    if (this.state.data === undefined || Date.now() - this.state.at > every / 2) this.now();
    else this.schedule();
    return () => {
      this.subscribers.delete(notify);
      if (this.subscribers.size === 0) {
        clearTimeout(this.timer);
        pollers.delete(this.key);
      }
    };
  }

  get key(): string {
    return `${this.plain ? 'text' : 'json'} ${this.path}`;
  }

  now(): void {
    clearTimeout(this.timer);
    if (!this.running) void this.fetch();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.subscribers.size === 0 || document.hidden) return;
    const every = Math.min(...this.subscribers.values());
    if (!Number.isFinite(every)) {
      if (this.failures === 0) return;
    }
    const wait = this.failures > 0 ? Math.min(1000 * 2 ** (this.failures - 1), SLOWEST_MS) : every;
    this.timer = setTimeout(() => this.now(), wait);
  }

  private async fetch(): Promise<void> {
    this.running = true;
    try {
      const text = await getText(this.path);
      this.failures = 0;
      // What has not changed is the same object, and nothing is drawn again.
      const data = text === this.text && this.state.data !== undefined ? this.state.data : this.plain ? text : JSON.parse(text);
      this.text = text;
      this.state = { data, error: undefined, at: Date.now() };
    } catch (error) {
      this.failures += 1;
      this.state = { ...this.state, error: error instanceof Error ? error : new Error(String(error)) };
    }
    this.running = false;
    for (const notify of [...this.subscribers.keys()]) notify();
    this.schedule();
  }
}

const pollers = new Map<string, Poller>();

if (typeof document !== 'undefined') {
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) for (const poller of pollers.values()) poller.now();
  });
}

function usePolled(path: string | null, every: number, plain: boolean): Polled<unknown> {
  const [, redraw] = useState(0);
  const key = `${plain ? 'text' : 'json'} ${path}`;
  useEffect(() => {
    if (path === null) return undefined;
    let poller = pollers.get(key);
    if (!poller) {
      poller = new Poller(path, plain);
      pollers.set(key, poller);
    }
    return poller.subscribe(() => redraw((n) => n + 1), every);
  }, [key, every]);
  return (path !== null && pollers.get(key)?.state) || NOTHING;
}

/** What a path answers, asked for again every so many milliseconds; `Infinity` asks once. */
export function usePoll<T>(path: string | null, every = 2000): Polled<T> {
  return usePolled(path, every, false) as Polled<T>;
}

/** The same for texts: logs. */
export function usePollText(path: string | null, every = 2000): Polled<string> {
  return usePolled(path, every, true) as Polled<string>;
}

/** Asks again at once for every path that begins so: something was changed. */
export function refresh(prefix: string): void {
  for (const poller of pollers.values()) if (poller.key.slice(5).startsWith(prefix)) poller.now();
}

/** Whether any path has failed lately because nobody answered. */
export function silent(): boolean {
  return [...pollers.values()].some((poller) => poller.state.error !== undefined && 'status' in poller.state.error && poller.state.error.status === 0);
}

export { getJson };
