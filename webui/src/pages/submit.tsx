// Submits a job: a SQL script, in a session of its own, or a job file, as a program that is uploaded and run.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Card, Trouble } from '../components/basics';
import { Editor, type Mark } from '../components/editor';
import { RestError } from '../rest/client';
import { runProgram } from '../rest/operations';
import { refresh } from '../rest/poll';
import { endSession, newSession, run } from '../sql/gateway';
import { offsetOf, placeOf, statements } from '../sql/statements';

const TEXT = 'flinkrs.submit.text';

interface Submitted {
  statement: string;
  job: string | undefined;
}

export default function SubmitPage(): JSX.Element {
  const [text, setText] = useState(() => localStorage.getItem(TEXT) ?? '');
  const [kind, setKind] = useState<'sql' | 'yaml'>('sql');
  const [name, setName] = useState('');
  const [parallelism, setParallelism] = useState('');
  const [restore, setRestore] = useState('');
  const [marks, setMarks] = useState<Mark[]>([]);
  const [done, setDone] = useState<Submitted[]>([]);
  const [error, setError] = useState<Error | undefined>();
  const [running, setRunning] = useState(false);
  const remember = (value: string): void => {
    setText(value);
    localStorage.setItem(TEXT, value);
  };

  const open = (file: File | undefined): void => {
    if (!file) return;
    setKind(/\.ya?ml$/.test(file.name) ? 'yaml' : 'sql');
    void file.text().then(remember);
  };

  const submit = async (): Promise<void> => {
    setRunning(true);
    setError(undefined);
    setMarks([]);
    setDone([]);
    const properties: Record<string, string> = {};
    if (name.trim()) properties['pipeline.name'] = name.trim();
    if (parallelism.trim()) properties['parallelism.default'] = parallelism.trim();
    if (restore.trim()) properties['execution.state-recovery.path'] = restore.trim();
    let session: string | undefined;
    let current = kind === 'sql' ? statements(text)[0] : undefined;
    try {
      if (kind === 'yaml') {
        const job = await runProgram('job.yaml', text, properties);
        setDone([{ statement: '', job }]);
        refresh('/jobs');
        return;
      }
      if (!current) throw new Error('The script has no statements.');
      session = await newSession('submit', properties);
      for (const statement of statements(text)) {
        current = statement;
        const stop = new AbortController();
        for await (const page of run(session, statement.text, stop.signal)) {
          if (page.isQuery) {
            stop.abort();
            throw new Error('A SELECT has nowhere to put its rows here: write INSERT INTO, or run it on the page SQL.');
          }
          if (page.job !== undefined) {
            const job = page.job;
            setDone((old) => (old.some((one) => one.job === job) ? old : [...old, { statement: statement.text, job }]));
          }
        }
      }
      refresh('/jobs');
    } catch (caught) {
      const known = caught instanceof Error ? caught : new Error(String(caught));
      setError(known);
      if (current) {
        const place = placeOf(known instanceof RestError ? known.detail : known.message);
        setMarks([{ from: place ? offsetOf(text, current, place.from) : current.from, to: place ? offsetOf(text, current, { ...place.to, column: place.to.column + 1 }) : current.to, message: known.message }]);
      }
    } finally {
      // The jobs of INSERT go on without the session.
      if (session !== undefined) void endSession(session);
      setRunning(false);
    }
  };

  return (
    <>
      <h1>Submit a job</h1>
      <Card
        title={kind === 'sql' ? 'SQL script' : 'Job file'}
        actions={
          <>
            <button type="button" aria-pressed={kind === 'sql'} onClick={() => setKind('sql')}>SQL script</button>
            <button type="button" aria-pressed={kind === 'yaml'} onClick={() => setKind('yaml')}>job.yaml</button>
            <label>
              Open a file <input type="file" accept=".sql,.yaml,.yml" onChange={(event) => open(event.currentTarget.files?.[0])} />
            </label>
          </>
        }
      >
        <Editor label={kind === 'sql' ? 'SQL script' : 'Job file'} language={kind === 'sql' ? 'sql' : 'plain'} text={text} onText={remember} marks={marks} />
        <div class="columns">
          <label class="field">
            <span>Name of the job</span>
            <input type="text" value={name} onInput={(event) => setName(event.currentTarget.value)} placeholder="pipeline.name" />
          </label>
          <label class="field">
            <span>Parallelism</span>
            <input type="number" min={1} value={parallelism} onInput={(event) => setParallelism(event.currentTarget.value)} placeholder="as configured" />
          </label>
          <label class="field">
            <span>Savepoint or checkpoint to start from</span>
            <input type="text" value={restore} onInput={(event) => setRestore(event.currentTarget.value)} placeholder="file:///…/savepoint-…" />
          </label>
        </div>
        <p class="soft">{kind === 'sql' ? 'Tables are defined in the script itself; each INSERT, or each statement set, becomes a job.' : 'The file has the job as SQL, or as a graph of sources, transforms and sinks; flinkrs job-schema prints its schema.'}</p>
        <Trouble error={error} />
        <button type="button" class="primary" disabled={running || text.trim() === ''} aria-busy={running} onClick={() => void submit()}>
          Submit
        </button>
        <div role="status">
          {done.map((one) => (
            <p key={one.job}>
              Job <a href={`#/job/${one.job}/graph`}><code>{one.job}</code></a> has been submitted.
            </p>
          ))}
        </div>
      </Card>
    </>
  );
}
