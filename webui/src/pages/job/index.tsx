// A job: its head with what can be done to it, and its pages.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ActionButton, Dialog, Figure, Figures, Loading, State, Tabs, Trouble } from '../../components/basics';
import { duration, time } from '../../format';
import { RestError } from '../../rest/client';
import { cancel, rescale, resourceRequirements, savepoint, stop } from '../../rest/operations';
import { refresh } from '../../rest/poll';
import type { JobDetails } from '../../rest/types.gen';
import { ended } from '../jobs';
import { CheckpointsTab } from './checkpoints';
import { ConfigurationTab } from './configuration';
import { ExceptionsTab } from './exceptions';
import { GraphTab } from './graph';
import { TimelineTab } from './timeline';
import { JobContext, useJobWatch } from './watch';
import { WhyTab } from './why';

const TABS = [
  ['graph', 'Graph'],
  ['why', 'Why'],
  ['checkpoints', 'Checkpoints'],
  ['exceptions', 'Exceptions'],
  ['timeline', 'Timeline'],
  ['configuration', 'Configuration'],
] as const;

export default function JobPage({ id, tab: asked, rest }: { id: string; tab: string; rest: string[] }): JSX.Element {
  // `overview` is Flink's word.
  const tab = TABS.some(([path]) => path === asked) ? asked : 'graph';
  const watched = useJobWatch(id, tab === 'graph' ? rest[0] : undefined);
  const job = watched.observation?.job;
  if (!job) {
    if (!watched.error) return <Loading />;
    const gone = watched.error instanceof RestError && watched.error.status === 404;
    return (
      <>
        <h1>Job {id}</h1>
        <Trouble error={watched.error} />
        {gone && <p>The JobManager does not know this job: it may have ended long ago, or on another cluster. <a href="#/jobs">All jobs</a></p>}
      </>
    );
  }
  return (
    <JobContext.Provider value={watched}>
      <Head job={job} />
      <Tabs label="Pages of the job" base={`/job/${id}`} tabs={TABS} current={tab} />
      {tab === 'graph' && <GraphTab id={id} vertex={rest[0]} page={rest[1] ?? 'subtasks'} />}
      {tab === 'why' && <WhyTab id={id} />}
      {tab === 'checkpoints' && <CheckpointsTab id={id} checkpoint={rest[0] === undefined ? undefined : Number(rest[0])} vertex={rest[1]} />}
      {tab === 'exceptions' && <ExceptionsTab id={id} />}
      {tab === 'timeline' && <TimelineTab id={id} vertex={rest[0]} />}
      {tab === 'configuration' && <ConfigurationTab id={id} />}
    </JobContext.Provider>
  );
}

function Head({ job }: { job: JobDetails }): JSX.Element {
  const [asking, ask] = useState<'cancel' | 'stop' | 'rescale' | undefined>();
  const [directory, setDirectory] = useState('');
  const [drain, setDrain] = useState(false);
  const over = ended(job.state);
  const close = (): void => ask(undefined);
  const place = directory.trim() === '' ? null : directory.trim();
  const counts = job['status-counts'];
  return (
    <section class="card" aria-label="Job">
      <div class="bar">
        <div class="actions">
          <h1>{job.name}</h1>
          <State of={job.state} />
        </div>
        {!over && (
          <div class="actions">
            <ActionButton run={async () => `The savepoint is in ${await savepoint(job.jid, null)}`}>Savepoint</ActionButton>
            <button type="button" onClick={() => ask('rescale')}>Rescale…</button>
            <button type="button" onClick={() => ask('stop')}>Stop with savepoint…</button>
            <button type="button" onClick={() => ask('cancel')}>Cancel…</button>
          </div>
        )}
      </div>
      <Figures>
        <Figure name="Id"><code>{job.jid}</code></Figure>
        <Figure name="Started">{time(job['start-time'])}</Figure>
        {over && <Figure name="Ended">{time(job['end-time'])}</Figure>}
        <Figure name="Duration">{duration(job.duration)}</Figure>
        <Figure name="Vertices running">{counts.RUNNING ?? 0} of {job.vertices.length}</Figure>
      </Figures>
      {asking === 'cancel' && (
        <Dialog title={`Cancel ${job.name}?`} confirm="Cancel the job" danger onClose={close} onConfirm={async () => { await cancel(job.jid); refresh('/jobs'); return 'The job is being cancelled.'; }}>
          <p>It ends at once, without a savepoint. What it has read since its last checkpoint is read again when it is started from there.</p>
        </Dialog>
      )}
      {asking === 'stop' && (
        <Dialog title={`Stop ${job.name}?`} confirm="Stop the job" danger onClose={close} onConfirm={async () => `Stopped; the savepoint is in ${await stop(job.jid, place, drain)}`}>
          <p>A savepoint is taken, then the job ends. It can be started again from there.</p>
          <label class="field">
            <span>Folder of the savepoint; empty for the configured one</span>
            <input type="text" value={directory} onInput={(event) => setDirectory(event.currentTarget.value)} placeholder="file:///var/flinkrs/savepoints" />
          </label>
          <label>
            <input type="checkbox" checked={drain} onChange={(event) => setDrain(event.currentTarget.checked)} /> End the streams first: all windows fire, and the job is not meant to go on.
          </label>
        </Dialog>
      )}
      {asking === 'rescale' && <Rescale job={job} onClose={close} />}
    </section>
  );
}

function Rescale({ job, onClose }: { job: JobDetails; onClose: () => void }): JSX.Element {
  const [parallelism, setParallelism] = useState(Math.max(...job.vertices.map((vertex) => vertex.parallelism)));
  const limit = Math.min(...job.vertices.map((vertex) => (vertex.maxParallelism > 0 ? vertex.maxParallelism : 32768)));
  const change = async (): Promise<string> => {
    const now = await resourceRequirements(job.jid);
    const wanted = Object.fromEntries(Object.entries(now).map(([vertex, { parallelism: { lowerBound } }]) => [vertex, { parallelism: { lowerBound: Math.min(lowerBound, parallelism), upperBound: parallelism } }]));
    await rescale(job.jid, wanted);
    return `The job goes on at parallelism ${parallelism} as soon as there are slots.`;
  };
  return (
    <Dialog title={`Rescale ${job.name}?`} confirm="Rescale the job" danger onClose={onClose} onConfirm={change}>
      <p>The job restarts from its newest state with as many subtasks of each vertex. While it restarts nothing is processed.</p>
      <label class="field">
        <span>Parallelism, 1 to {limit}</span>
        <input type="number" min={1} max={limit} value={parallelism} onInput={(event) => setParallelism(Number(event.currentTarget.value))} required />
      </label>
    </Dialog>
  );
}
