// What JobManager and TaskManagers have in common: threads and metrics.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { count } from '../format';
import { usePoll } from '../rest/poll';
import type { ThreadDump } from '../rest/types.gen';
import { Empty, Loading, Trouble } from './basics';
import { Table } from './table';

export function Threads({ path }: { path: string }): JSX.Element {
  const { data, error } = usePoll<ThreadDump>(path, 5000);
  const [wanted, setWanted] = useState('');
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  const rows = data.threadInfos.map((thread, index) => ({ index, name: thread.threadName, text: thread.stringifiedThreadInfo.trim(), state: /Id=\d+ (\w+)/.exec(thread.stringifiedThreadInfo)?.[1] ?? '' }));
  const shown = rows.filter((row) => row.text.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <>
      <label>
        Find <input type="search" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
      </label>
      <Table
        label="Threads"
        rows={shown}
        id={(row) => row.index}
        columns={[
          { name: 'Thread', cell: (row) => row.name, by: (row) => row.name },
          { name: 'State', cell: (row) => row.state.toLowerCase(), by: (row) => row.state },
          { name: 'All that is known', cell: (row) => <code>{row.text}</code> },
        ]}
      />
    </>
  );
}

export function ProcessMetrics({ base }: { base: string }): JSX.Element {
  const ids = usePoll<{ id: string }[]>(`${base}/metrics`, Infinity);
  const names = (ids.data ?? []).map((metric) => metric.id);
  const values = usePoll<{ id: string; value: string }[]>(names.length === 0 ? null : `${base}/metrics?get=${names.map(encodeURIComponent).join(',')}`, 3000);
  if (!ids.data) return ids.error ? <Trouble error={ids.error} /> : <Loading />;
  if (names.length === 0) return <Empty>No metric is reported yet.</Empty>;
  return (
    <>
      <Trouble error={values.error} />
      <Table
        label="Metrics"
        rows={values.data ?? []}
        id={(metric) => metric.id}
        sort={['Metric', 'asc']}
        columns={[
          { name: 'Metric', cell: (metric) => metric.id, by: (metric) => metric.id },
          { name: 'Value', cell: (metric) => (Number.isInteger(Number(metric.value)) ? count(Number(metric.value)) : metric.value), by: (metric) => Number(metric.value), right: true },
        ]}
      />
    </>
  );
}
