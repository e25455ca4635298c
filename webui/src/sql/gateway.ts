// The SQL gateway of the JobManager's process, on the same port as the page: a session for each browser tab.
import { getJson, RestError, send } from '../rest/client';
import type { Change } from './materialize';

const BASE = '/sql-gateway/v4';
const KEY = 'flinkrs.sql.session';

export interface ResultColumn {
  name: string;
  logicalType: { type: string; nullable: boolean };
}

interface ResultPage {
  resultType: 'NOT_READY' | 'PAYLOAD' | 'EOS';
  isQueryResult?: boolean;
  jobID?: string;
  resultKind?: 'SUCCESS' | 'SUCCESS_WITH_CONTENT';
  results?: { columns: ResultColumn[]; data: Change[] };
  nextResultUri?: string;
}

/** What a page of results says to whoever shows it. */
export interface Page {
  columns: ResultColumn[];
  changes: Change[];
  isQuery: boolean;
  job: string | undefined;
  content: boolean;
}

let session: Promise<string> | undefined;

/** A session of its own, for a script. */
export async function newSession(name: string, properties: Record<string, string> = {}): Promise<string> {
  return (await send<{ sessionHandle: string }>('POST', `${BASE}/sessions`, { sessionName: name, properties })).sessionHandle;
}

export async function endSession(handle: string): Promise<void> {
  await send('DELETE', `${BASE}/sessions/${handle}`).catch(() => undefined);
}

/** The session of this tab; a new one when the old is gone. */
export function openSession(): Promise<string> {
  session ??= (async () => {
    const old = sessionStorage.getItem(KEY);
    if (old !== null) {
      try {
        await getJson(`${BASE}/sessions/${old}`);
        return old;
      } catch (error) {
        if (error instanceof RestError && error.status === 0) throw error;
      }
    }
    const sessionHandle = await newSession('web');
    sessionStorage.setItem(KEY, sessionHandle);
    return sessionHandle;
  })();
  session.catch(() => {
    session = undefined;
  });
  return session;
}

/** Ends the session, with its tables and its queries. */
export async function closeSession(): Promise<void> {
  const old = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  session = undefined;
  if (old !== null) await endSession(old);
}

export const properties = async (): Promise<Record<string, string>> => (await getJson<{ properties: Record<string, string> }>(`${BASE}/sessions/${await openSession()}`)).properties;

/** Keeps the session while the page is open. */
export async function heartbeat(): Promise<void> {
  if (session) await send('POST', `${BASE}/sessions/${await session}/heartbeat`);
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); done(); }, { once: true });
  });

/**
 * Runs one statement and yields its results page by page until there are no more; aborting closes it, and its query with it. A statement that fails
 * throws.
 */
export async function* run(handle: string, statement: string, signal: AbortSignal): AsyncGenerator<Page> {
  const base = `${BASE}/sessions/${handle}`;
  const { operationHandle } = await send<{ operationHandle: string }>('POST', `${base}/statements`, { statement }, signal);
  const operation = `${base}/operations/${operationHandle}`;
  let done = false;
  try {
    let token = 0;
    for (;;) {
      if (signal.aborted) return;
      const page = await getJson<ResultPage>(`${operation}/result/${token}?rowFormat=PLAIN_TEXT`);
      if (page.resultType === 'NOT_READY') {
        await pause(100, signal);
        continue;
      }
      const changes = page.results?.data ?? [];
      yield { columns: page.results?.columns ?? [], changes, isQuery: page.isQueryResult ?? false, job: page.jobID, content: page.resultKind === 'SUCCESS_WITH_CONTENT' };
      if (page.nextResultUri === undefined) {
        done = true;
        return;
      }
      const next = Number(/\/result\/(\d+)/.exec(page.nextResultUri)?.[1]);
      // A page without rows of a query that runs: more will come.
      if (changes.length === 0 || next === token) await pause(200, signal);
      token = next;
    }
  } catch (error) {
    done = true;
    throw error;
  } finally {
    // What has ended is closed too, or it would be kept until the session ends.
    if (!done) await send('POST', `${operation}/cancel`).catch(() => undefined);
    void send('DELETE', `${operation}/close`).catch(() => undefined);
  }
}

/** What may follow at this position of a statement. */
export async function complete(statement: string, position: number, signal: AbortSignal): Promise<string[]> {
  const handle = await openSession();
  return (await send<{ candidates: string[] }>('POST', `${BASE}/sessions/${handle}/complete-statement`, { statement, position }, signal)).candidates;
}
