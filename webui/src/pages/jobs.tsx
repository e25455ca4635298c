// All jobs that the JobManager knows.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Card, Empty, Loading, State, Trouble } from '../components/basics';
import { type Column, Table } from '../components/table';
import { duration, time } from '../format';
import { usePoll } from '../rest/poll';
import type { JobsOverview } from '../rest/types.gen';

type Job = JobsOverview['jobs'][number];

const ENDED = ['FINISHED', 'CANCELED', 'FAILED'];
export const ended = (state: string): boolean => ENDED.includes(state);

export const jobColumns: readonly Column<Job>[] = [
  { name: 'Name', cell: (job) => <a href={`#/job/${job.jid}/graph`}>{job.name}</a>, by: (job) => job.name },
  { name: 'State', cell: (job) => <State of={job.state} />, by: (job) => job.state },
  { name: 'Started', cell: (job) => time(job['start-time']), by: (job) => job['start-time'] },
  { name: 'Duration', cell: (job) => duration(job.duration), by: (job) => job.duration, right: true },
  {
    name: 'Tasks',
    cell: (job) => `${job.tasks.running ?? 0} of ${job.tasks.total ?? 0} running`,
    by: (job) => job.tasks.total ?? 0,
    right: true,
  },
  { name: 'Ended', cell: (job) => time(job['end-time']), by: (job) => job['end-time'] },
  { name: 'Id', cell: (job) => <code>{job.jid}</code> },
];

export function JobsPage(): JSX.Element {
  const { data, error } = usePoll<JobsOverview>('/jobs/overview', 3000);
  const [wanted, setWanted] = useState('');
  const [state, setState] = useState<'all' | 'running' | 'ended'>('all');
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  const text = wanted.trim().toLowerCase();
  const rows = data.jobs.filter((job) => (text === '' || job.name.toLowerCase().includes(text) || job.jid.startsWith(text)) && (state === 'all' || (state === 'ended') === ended(job.state)));
  return (
    <>
      <div class="bar">
        <h1>Jobs</h1>
        <div class="actions">
          <label>
            Find <input type="search" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} placeholder="name or id" />
          </label>
          {(['all', 'running', 'ended'] as const).map((one) => (
            <button key={one} type="button" aria-pressed={state === one} onClick={() => setState(one)}>
              {one}
            </button>
          ))}
        </div>
      </div>
      <Card>{rows.length === 0 ? <Empty>No job{data.jobs.length > 0 ? ' fits' : ''}.</Empty> : <Table label="Jobs" columns={jobColumns} rows={rows} id={(job) => job.jid} sort={['Started', 'desc']} />}</Card>
    </>
  );
}
