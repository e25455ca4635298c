// A vertex: its subtasks and how unlike they are, watermarks, back pressure over time, metrics, flame graph.
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { waitOf } from '../../analysis/wait';
import { Chart } from '../../components/chart';
import { Empty, Figure, Figures, Loading, Shares, State, Tabs, Trouble } from '../../components/basics';
import { FlameGraph } from '../../components/flame';
import { Table } from '../../components/table';
import { bytes, count, duration, num, percent, rate, time } from '../../format';
import { usePoll } from '../../rest/poll';
import type { VertexDetails } from '../../rest/types.gen';
import { useWatched } from './watch';

const TABS = [
  ['subtasks', 'Subtasks'],
  ['time', 'Over time'],
  ['watermarks', 'Watermarks'],
  ['metrics', 'Metrics'],
  ['flame', 'Flame graph'],
  ['plan', 'Plan'],
] as const;

export function Drawer({ id, vertex, page }: { id: string; vertex: string; page: string }): JSX.Element {
  const { observation } = useWatched();
  const known = observation?.job.vertices.find((one) => one.id === vertex);
  const mean = observation?.rates.get(vertex);
  return (
    <aside class="card drawer" aria-label={`Vertex ${known?.name ?? vertex}`}>
      <header>
        <h2>{known?.name ?? vertex}</h2>
        <a class="button" href={`#/job/${id}/graph`} aria-label="Close the vertex">✕</a>
      </header>
      <Figures>
        <Figure name="State">{known && <State of={known.status} />}</Figure>
        <Figure name="Busy">{percent(mean?.busy)}</Figure>
        <Figure name="Back-pressured">{percent(mean?.backPressured)}</Figure>
        <Figure name="In">{rate(mean?.in)}</Figure>
        <Figure name="Out">{rate(mean?.out)}</Figure>
      </Figures>
      <Tabs label="Pages of the vertex" base={`/job/${id}/graph/${vertex}`} tabs={TABS} current={page} />
      {page === 'subtasks' && <Subtasks id={id} vertex={vertex} />}
      {page === 'time' && <OverTime vertex={vertex} />}
      {page === 'watermarks' && <WatermarkList vertex={vertex} />}
      {page === 'metrics' && <Metrics id={id} vertex={vertex} />}
      {page === 'flame' && <Flame id={id} vertex={vertex} />}
      {page === 'plan' && <Plan vertex={vertex} />}
    </aside>
  );
}

type Subtask = VertexDetails['subtasks'][number];

/** How unlike the subtasks are: the largest over the mean. */
function Skew({ name, values }: { name: string; values: readonly number[] }): JSX.Element | null {
  const sum = values.reduce((a, b) => a + b, 0);
  if (values.length < 2 || sum === 0) return null;
  const most = Math.max(...values);
  const times = most / (sum / values.length);
  return (
    <p class={times > 1.8 ? '' : 'soft'}>
      {name}: subtask {values.indexOf(most)} has the most, {times.toFixed(times < 10 ? 1 : 0)} times the mean.
    </p>
  );
}

function Subtasks({ id, vertex }: { id: string; vertex: string }): JSX.Element {
  const { data, error } = usePoll<VertexDetails>(`/jobs/${id}/vertices/${vertex}`, 2000);
  const { observation } = useWatched();
  const waits = useWaits(id, vertex, data?.subtasks.length ?? 0);
  const pressure = useMemo(() => new Map(observation?.backPressure.get(vertex)?.subtasks.map((one) => [one.subtask, one])), [observation, vertex]);
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  const share = (subtask: Subtask): { busy: number; pressed: number } => {
    const one = pressure.get(subtask.subtask);
    return { busy: num(one?.busyRatio) || 0, pressed: num(one?.ratio) || 0 };
  };
  return (
    <>
      <Skew name="Rows read" values={data.subtasks.map((subtask) => subtask.metrics['read-records'])} />
      <Skew name="Busy" values={data.subtasks.map((subtask) => share(subtask).busy)} />
      <Table<Subtask>
        label="Subtasks"
        rows={data.subtasks}
        id={(subtask) => subtask.subtask}
        columns={[
          { name: 'No.', cell: (subtask) => subtask.subtask, by: (subtask) => subtask.subtask, right: true },
          { name: 'State', cell: (subtask) => <State of={subtask.status} />, by: (subtask) => subtask.status },
          { name: 'Time spent', cell: (subtask) => <Shares busy={share(subtask).busy} backPressured={share(subtask).pressed} /> },
          { name: 'Now', cell: (subtask) => waits.get(subtask.subtask) ?? '–', by: (subtask) => waits.get(subtask.subtask) ?? '' },
          { name: 'Busy', cell: (subtask) => percent(share(subtask).busy), by: (subtask) => share(subtask).busy, right: true },
          { name: 'Pressed', cell: (subtask) => percent(share(subtask).pressed), by: (subtask) => share(subtask).pressed, right: true },
          { name: 'Rows in', cell: (subtask) => count(subtask.metrics['read-records']), by: (subtask) => subtask.metrics['read-records'], right: true },
          { name: 'Rows out', cell: (subtask) => count(subtask.metrics['write-records']), by: (subtask) => subtask.metrics['write-records'], right: true },
          { name: 'Bytes in', cell: (subtask) => bytes(subtask.metrics['read-bytes']), by: (subtask) => subtask.metrics['read-bytes'], right: true },
          { name: 'Attempt', cell: (subtask) => subtask.attempt, by: (subtask) => subtask.attempt, right: true },
          { name: 'TaskManager', cell: (subtask) => <a href={`#/task-manager/${encodeURIComponent(subtask['taskmanager-id'])}`}>{subtask['taskmanager-id']}</a> },
        ]}
      />
    </>
  );
}

/** Subtasks that are asked for at once, so that addresses stay short. */
const ASKED = 100;
const OF_WAIT = ['currentActivity', 'Shuffle.Netty.Input.Buffers.inputQueueLength', 'Shuffle.Netty.Output.Buffers.outputQueueLength', 'outputChannelsWithoutCredit', 'inputBarriersMissing'];

/** What each subtask is at or waits for, as of its last report; of the first hundred. */
function useWaits(id: string, vertex: string, subtasks: number): ReadonlyMap<number, string> {
  const names = Array.from({ length: Math.min(subtasks, ASKED) }, (_, index) => OF_WAIT.map((name) => `${index}.${name}`)).flat();
  const { data } = usePoll<{ id: string; value: string }[]>(subtasks === 0 ? null : `/jobs/${id}/vertices/${vertex}/metrics?get=${names.join(',')}`, 2000);
  return useMemo(() => {
    const values = new Map<number, Map<string, string>>();
    for (const { id: name, value } of data ?? []) {
      const dot = name.indexOf('.');
      const subtask = Number(name.slice(0, dot));
      values.set(subtask, (values.get(subtask) ?? new Map<string, string>()).set(name.slice(dot + 1), value));
    }
    return new Map([...values].map(([subtask, known]) => [subtask, waitOf(known)] as const));
  }, [data]);
}

const TIME_SERIES = [
  { name: 'busy', colour: '--busy' },
  { name: 'back-pressured', colour: '--pressed' },
];
const RATE_SERIES = [
  { name: 'in', colour: '--wait' },
  { name: 'out', colour: '--good' },
];

function OverTime({ vertex }: { vertex: string }): JSX.Element {
  const { history } = useWatched();
  const samples = history.get(vertex) ?? [];
  if (samples.length < 2) return <Empty>Gathered while this page is open: a few seconds more.</Empty>;
  const x = samples.map((sample) => sample.at / 1000);
  return (
    <>
      <h3>Time spent</h3>
      <Chart label="Busy and back-pressured time" x={x} top={1} series={TIME_SERIES} values={[samples.map((sample) => sample.rate.busy), samples.map((sample) => sample.rate.backPressured)]} show={(value) => percent(value)} />
      <h3>Rows a second</h3>
      <Chart label="Rows a second" x={x} series={RATE_SERIES} values={[samples.map((sample) => sample.rate.in), samples.map((sample) => sample.rate.out)]} show={(value) => rate(value)} />
    </>
  );
}

function WatermarkList({ vertex }: { vertex: string }): JSX.Element {
  const { observation } = useWatched();
  const marks = observation?.watermarks.get(vertex);
  if (!observation || !marks) return <Loading />;
  const rows = [...marks.bySubtask].map(([subtask, value]) => ({ subtask, value }));
  if (rows.length === 0) return <Empty>No subtask has a watermark: there is none on this path, or no row has come yet.</Empty>;
  return (
    <>
      <p>
        {marks.lowest === null ? 'A subtask has no watermark yet; it holds the others back.' : `The lowest counts: ${time(marks.lowest)}, ${duration(Math.max(0, observation.job.now - marks.lowest))} behind the clock. It moved ${duration(observation.now - marks.movedAt)} ago.`}
      </p>
      <Table
        label="Watermarks"
        rows={rows}
        id={(row) => row.subtask}
        columns={[
          { name: 'Subtask', cell: (row) => row.subtask, by: (row) => row.subtask, right: true },
          { name: 'Watermark', cell: (row) => (row.value === null ? 'none' : time(row.value)), by: (row) => row.value ?? -1 },
          { name: 'Ahead of the lowest', cell: (row) => (row.value === null || marks.lowest === null ? '–' : duration(row.value - marks.lowest)), by: (row) => row.value ?? -1, right: true },
        ]}
      />
    </>
  );
}

interface Aggregated {
  id: string;
  min: number;
  max: number;
  avg: number;
  sum: number;
}

function Metrics({ id, vertex }: { id: string; vertex: string }): JSX.Element {
  const base = `/jobs/${id}/vertices/${vertex}/subtasks/metrics`;
  const ids = usePoll<{ id: string }[]>(base, Infinity);
  const [wanted, setWanted] = useState('');
  const names = (ids.data ?? []).map((metric) => metric.id);
  const values = usePoll<Aggregated[]>(names.length === 0 ? null : `${base}?get=${names.map(encodeURIComponent).join(',')}`, 3000);
  const text = wanted.trim().toLowerCase();
  const rows = (values.data ?? []).filter((metric) => metric.id.toLowerCase().includes(text));
  const show = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));
  return (
    <>
      <Trouble error={ids.error ?? values.error} />
      <label>
        Find <input type="search" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
      </label>
      <Table<Aggregated>
        label="Metrics over all subtasks"
        rows={rows}
        id={(metric) => metric.id}
        columns={[
          { name: 'Metric', cell: (metric) => metric.id, by: (metric) => metric.id },
          { name: 'Least', cell: (metric) => show(metric.min), by: (metric) => metric.min, right: true },
          { name: 'Mean', cell: (metric) => show(metric.avg), by: (metric) => metric.avg, right: true },
          { name: 'Most', cell: (metric) => show(metric.max), by: (metric) => metric.max, right: true },
          { name: 'Sum', cell: (metric) => show(metric.sum), by: (metric) => metric.sum, right: true },
        ]}
      />
    </>
  );
}

const FLAME_KINDS = [
  ['FULL', 'all'],
  ['ON_CPU', 'on the CPU'],
  ['OFF_CPU', 'waiting'],
] as const;

function Flame({ id, vertex }: { id: string; vertex: string }): JSX.Element {
  const [kind, setKind] = useState<string>('FULL');
  const { data, error } = usePoll<{ endTimestamp: number; data?: FlameNode | null }>(`/jobs/${id}/vertices/${vertex}/flamegraph?type=${kind}`, 5000);
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  if (data.endTimestamp === -2) return <Empty>Flame graphs are off. They are switched on by <code>rest.flamegraph.enabled: true</code> in the JobManager's configuration; sampling costs a little.</Empty>;
  return (
    <>
      <div class="actions">
        {FLAME_KINDS.map(([one, name]) => (
          <button key={one} type="button" aria-pressed={kind === one} onClick={() => setKind(one)}>
            {name}
          </button>
        ))}
      </div>
      {data.data ? <FlameGraph root={data.data} /> : <Empty>Samples are being taken…</Empty>}
    </>
  );
}

interface FlameNode {
  name: string;
  value: number;
  children?: FlameNode[];
}

function Plan({ vertex }: { vertex: string }): JSX.Element {
  const { observation } = useWatched();
  const node = observation?.job.plan.nodes.find((one) => one.id === vertex);
  const text = node?.description.replaceAll('<br/>', '\n').replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&').trim();
  return <pre tabIndex={0}>{text}</pre>;
}
