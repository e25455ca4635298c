// SQL by hand: an editor, the results of what was run, statements that were kept.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Card, Empty, say } from '../components/basics';
import { Editor, type Mark } from '../components/editor';
import { Results } from '../components/results';
import { messageOf, RestError } from '../rest/client';
import { refresh, usePoll } from '../rest/poll';
import { closeSession, complete, heartbeat, openSession, run } from '../sql/gateway';
import { QueryResult } from '../sql/result';
import { offsetOf, placeOf, type Statement, statementAt, statements } from '../sql/statements';

const TEXT = 'flinkrs.sql.text';
const KEPT = 'flinkrs.sql.kept';
const FIRST = `-- Ctrl+Enter runs the statement at the cursor.
CREATE TABLE orders (id BIGINT, customer INT, price DOUBLE)
WITH ('connector' = 'datagen', 'rows-per-second' = '10', 'fields.customer.min' = '1', 'fields.customer.max' = '5', 'fields.price.min' = '1', 'fields.price.max' = '100');

SELECT customer, COUNT(*) AS orders, SUM(price) AS total FROM orders GROUP BY customer;
`;

interface Kept {
  name: string;
  text: string;
}

const kept = (): Kept[] => {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '[]') as Kept[];
  } catch {
    return [];
  }
};

/** What was run, newest last. */
interface Ran {
  number: number;
  statement: string;
  result: QueryResult;
  state: 'running' | 'done' | 'failed' | 'stopped';
  error?: Error;
  stop: AbortController;
}

let number = 0;

export default function SqlPage(): JSX.Element {
  const [text, setText] = useState(() => localStorage.getItem(TEXT) ?? FIRST);
  const [ran, setRan] = useState<Ran[]>([]);
  const [marks, setMarks] = useState<Mark[]>([]);
  const [saved, setSaved] = useState(kept);
  // At once: who leaves or reloads the page right after a key loses nothing.
  const remember = (next: string): void => {
    setText(next);
    localStorage.setItem(TEXT, next);
  };
  const gateway = usePoll<unknown>('/sql-gateway/v4/info', Infinity);
  const all = useRef(ran);
  all.current = ran;
  useEffect(() => {
    const timer = setInterval(() => void heartbeat().catch(() => undefined), 60_000);
    return () => {
      clearInterval(timer);
      // Queries end with the page that shows them.
      for (const one of all.current) one.stop.abort();
    };
  }, []);
  if (gateway.error) {
    return (
      <>
        <h1>SQL</h1>
        <Empty>There is no SQL gateway in the JobManager's process: its port was taken, or <code>sql-gateway.endpoint.type</code> is none. Its log says which.</Empty>
      </>
    );
  }

  const change = (one: Ran, to: Partial<Ran>): void => {
    Object.assign(one, to);
    setRan((old) => [...old]);
  };
  /** Runs one statement; says whether the next may run. */
  const execute = async (statement: Statement): Promise<boolean> => {
    const one: Ran = { number: (number += 1), statement: statement.text, result: new QueryResult(), state: 'running', stop: new AbortController() };
    setRan((old) => [...old.slice(-19), one]);
    try {
      for await (const page of run(await openSession(), statement.text, one.stop.signal)) {
        one.result.add(page);
        change(one, {});
      }
      change(one, { state: one.stop.signal.aborted ? 'stopped' : 'done' });
      if (one.result.job !== undefined) refresh('/jobs');
      return true;
    } catch (error) {
      if (one.stop.signal.aborted) {
        change(one, { state: 'stopped' });
        return false;
      }
      const known = error instanceof Error ? error : new Error(messageOf(error));
      change(one, { state: 'failed', error: known });
      const place = placeOf(known instanceof RestError ? known.detail : known.message);
      const from = place ? offsetOf(text, statement, place.from) : statement.from;
      const to = place ? offsetOf(text, statement, { line: place.to.line, column: place.to.column + 1 }) : statement.to;
      setMarks([{ from, to, message: known.message }]);
      return false;
    }
  };
  const runAll = async (which: readonly Statement[]): Promise<void> => {
    setMarks([]);
    for (const statement of which) if (!(await execute(statement))) return;
  };
  const runAt = (position: number): void => {
    const one = statementAt(text, position);
    if (one) void runAll([one]);
  };
  const keep = (): void => {
    const name = text.trim().split('\n').find((line) => line.trim() !== '')?.replace(/^--\s*/, '').slice(0, 60) ?? 'statement';
    const next = [{ name, text }, ...saved.filter((one) => one.name !== name)].slice(0, 50);
    localStorage.setItem(KEPT, JSON.stringify(next));
    setSaved(next);
    say(`Kept in this browser as “${name}”.`);
  };
  const forget = (one: Kept): void => {
    const next = saved.filter((other) => other !== one);
    localStorage.setItem(KEPT, JSON.stringify(next));
    setSaved(next);
  };
  const newest = ran[ran.length - 1];
  return (
    <>
      <div class="bar">
        <h1>SQL</h1>
        <div class="actions">
          <button type="button" class="primary" onClick={() => void runAll(statements(text))}>Run all</button>
          <button type="button" disabled={newest?.state !== 'running'} onClick={() => newest?.stop.abort()}>Stop</button>
          <button type="button" onClick={keep}>Keep</button>
          <button
            type="button"
            onClick={() => {
              for (const one of ran) one.stop.abort();
              setRan([]);
              setMarks([]);
              void closeSession().then(() => say('A new session: its tables and settings are gone.'));
            }}
          >
            New session
          </button>
        </div>
      </div>
      <Editor
        label="SQL statements"
        language="sql"
        text={text}
        onText={remember}
        onRun={runAt}
        marks={marks}
        complete={async (script, position) => {
          const statement = statementAt(script, position);
          if (!statement) return null;
          const inside = Math.max(0, position - statement.from);
          const word = /[\w`]*$/.exec(statement.text.slice(0, inside))?.[0] ?? '';
          const options = await complete(statement.text.replace(/;$/, ''), inside, AbortSignal.timeout(3000)).catch(() => []);
          return { from: position - word.length, options };
        }}
      />
      <p class="soft">Ctrl+Enter runs the statement at the cursor. Queries run as jobs of the cluster until they end or are stopped, and stop when this page is left; what INSERT starts goes on.</p>
      {saved.length > 0 && (
        <details>
          <summary>Kept statements ({saved.length})</summary>
          <ul>
            {saved.map((one) => (
              <li key={one.name}>
                <button type="button" class="plain" onClick={() => remember(one.text)}>{one.name}</button>
                <button type="button" class="plain" aria-label={`Forget ${one.name}`} onClick={() => forget(one)}>✕</button>
              </li>
            ))}
          </ul>
        </details>
      )}
      {[...ran].reverse().map((one) => (
        <Card key={one.number} title={`${one.number}. ${headOf(one.statement)}`} actions={<span class="soft">{one.state}</span>}>
          {one.error ? <ErrorText error={one.error} /> : <Results result={one.result} running={one.state === 'running'} />}
        </Card>
      ))}
      {ran.length === 0 && <Empty>Nothing has been run in this page.</Empty>}
    </>
  );
}

/** A statement in a line. */
function headOf(statement: string): string {
  const [first = '', ...others] = statement.split('\n');
  return first.length > 90 ? `${first.slice(0, 90)}…` : others.length > 0 ? `${first} …` : first;
}

function ErrorText({ error }: { error: Error }): JSX.Element {
  return (
    <div class="trouble" role="alert">
      <pre tabIndex={0}>{error.message}</pre>
      {error instanceof RestError && (
        <details>
          <summary>All that the server said</summary>
          <pre tabIndex={0}>{error.detail}</pre>
        </details>
      )}
    </div>
  );
}
