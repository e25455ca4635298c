// Checkpoints and savepoints: counts, the history as a chart and a list, one of them in all its parts, the configuration.
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { ActionButton, Card, Dialog, Empty, Figure, Figures, Loading, State, Trouble } from '../../components/basics';
import { Chart } from '../../components/chart';
import { Table } from '../../components/table';
import { bytes, duration, num, time } from '../../format';
import { checkpoint as takeCheckpoint, disposeSavepoint, savepoint } from '../../rest/operations';
import { refresh, usePoll } from '../../rest/poll';
import type { CheckpointConfiguration, CheckpointDetails, Checkpoints, CheckpointStatistics, CheckpointSubtask, CheckpointSubtasks, CheckpointTask, Summary } from '../../rest/types.gen';
import { ended } from '../jobs';
import { useWatched } from './watch';

const SERIES = [
  { name: 'duration', colour: '--wait', bars: true },
  { name: 'stored', colour: '--good', scale: 'right' as const, show: bytes },
  { name: 'failed after', colour: '--bad', points: true },
];

export function CheckpointsTab({ id, checkpoint, vertex }: { id: string; checkpoint: number | undefined; vertex: string | undefined }): JSX.Element {
  const { observation } = useWatched();
  const { data, error } = usePoll<Checkpoints>(`/jobs/${id}/checkpoints`, 2000);
  const chart = useMemo(() => {
    const history = [...(data?.history ?? [])].reverse();
    const done = (one: CheckpointStatistics): boolean => one.status === 'COMPLETED';
    return {
      x: history.map((one) => one.id),
      values: [history.map((one) => (done(one) ? one.end_to_end_duration : null)), history.map((one) => (done(one) ? one.checkpointed_size : null)), history.map((one) => (one.status === 'FAILED' ? one.end_to_end_duration : null))],
    };
  }, [data]);
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  const { counts, latest } = data;
  const over = observation === undefined || ended(observation.job.state);
  return (
    <>
      <Card
        title="Checkpoints"
        actions={
          !over && (
            <>
              <ActionButton run={async () => { const number = await takeCheckpoint(id, false); refresh(`/jobs/${id}/checkpoints`); return `Checkpoint ${number} is complete.`; }}>Take a checkpoint</ActionButton>
              <ActionButton run={async () => { const place = await savepoint(id, null); refresh(`/jobs/${id}/checkpoints`); return `The savepoint is in ${place}`; }}>Take a savepoint</ActionButton>
            </>
          )
        }
      >
        <Figures>
          <Figure name="Completed">{counts.completed}</Figure>
          <Figure name="In progress">{counts.in_progress}</Figure>
          <Figure name="Failed">{counts.failed}</Figure>
          <Figure name="Restored from">{latest.restored ? `${latest.restored.is_savepoint ? 'savepoint' : 'checkpoint'} ${latest.restored.id}` : counts.restored}</Figure>
          <Figure name="Last complete">{latest.completed ? `${latest.completed.id}, ${time(latest.completed.latest_ack_timestamp)}` : 'none'}</Figure>
        </Figures>
        {latest.completed?.external_path && <p class="soft">The last is in <code>{latest.completed.external_path}</code></p>}
        {latest.savepoint?.external_path && <p class="soft">The last savepoint is in <code>{latest.savepoint.external_path}</code></p>}
        {latest.failed && <p class="soft">Checkpoint {latest.failed.id} failed: {latest.failed.failure_message}</p>}
      </Card>
      {data.history.length > 0 ? (
        <>
          <Card title="History">
            <Chart label="Duration and size of checkpoints" x={chart.x} time={false} series={SERIES} values={chart.values} show={(value) => duration(value)} />
            <History id={id} history={data.history} selected={checkpoint} />
          </Card>
          {checkpoint !== undefined && <Details id={id} checkpoint={checkpoint} vertex={vertex} />}
          <Card title="Summary of the complete ones">
            <SummaryTable rows={[['Duration', data.summary.end_to_end_duration, duration], ['Stored', data.summary.checkpointed_size, bytes], ['State', data.summary.state_size, bytes], ['Processed while aligning', data.summary.processed_data, bytes], ['Rows in flight stored', data.summary.persisted_data, bytes]]} />
          </Card>
        </>
      ) : (
        <Empty>No checkpoint yet.</Empty>
      )}
      <Configuration id={id} />
    </>
  );
}

function History({ id, history, selected }: { id: string; history: readonly CheckpointStatistics[]; selected: number | undefined }): JSX.Element {
  return (
    <Table<CheckpointStatistics>
      label="History of checkpoints"
      rows={history}
      id={(one) => one.id}
      selected={selected}
      columns={[
        { name: 'Number', cell: (one) => <a href={`#/job/${id}/checkpoints/${one.id}`}>{one.id}</a>, by: (one) => one.id, right: true },
        { name: 'State', cell: (one) => <State of={one.status} />, by: (one) => one.status },
        { name: 'Kind', cell: (one) => (one.is_savepoint ? 'savepoint' : one.checkpoint_type.replaceAll('_', ' ').toLowerCase()), by: (one) => one.checkpoint_type },
        { name: 'Begun', cell: (one) => time(one.trigger_timestamp), by: (one) => one.trigger_timestamp },
        { name: 'Duration', cell: (one) => duration(one.end_to_end_duration), by: (one) => one.end_to_end_duration, right: true },
        { name: 'Stored', cell: (one) => bytes(one.checkpointed_size), by: (one) => one.checkpointed_size, right: true },
        { name: 'State size', cell: (one) => bytes(one.state_size), by: (one) => one.state_size, right: true },
        { name: 'Acknowledged', cell: (one) => `${one.num_acknowledged_subtasks} of ${one.num_subtasks}`, by: (one) => one.num_acknowledged_subtasks, right: true },
        { name: 'Failure', cell: (one) => one.failure_message ?? '' },
      ]}
    />
  );
}

function Details({ id, checkpoint, vertex }: { id: string; checkpoint: number; vertex: string | undefined }): JSX.Element {
  const { observation } = useWatched();
  const { data, error } = usePoll<CheckpointDetails>(`/jobs/${id}/checkpoints/details/${checkpoint}`, 3000);
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  const name = (one: string): string => observation?.job.vertices.find((known) => known.id === one)?.name ?? one;
  const savepointPath = data.is_savepoint && data.status === 'COMPLETED' && !data.discarded ? data.external_path : undefined;
  const tasks = Object.entries(data.tasks).map(([key, task]) => ({ ...task, vertex: key }));
  return (
    <Card title={`${data.is_savepoint ? 'Savepoint' : 'Checkpoint'} ${checkpoint}`} actions={<>{savepointPath !== undefined && <Dispose path={savepointPath} />}<a href={`#/job/${id}/checkpoints`}>Close</a></>}>
      <Figures>
        <Figure name="State"><State of={data.status} /></Figure>
        <Figure name="Begun">{time(data.trigger_timestamp)}</Figure>
        <Figure name="Duration">{duration(data.end_to_end_duration)}</Figure>
        <Figure name="Stored">{bytes(data.checkpointed_size)} of {bytes(data.state_size)}</Figure>
      </Figures>
      {data.external_path && <p class="soft"><code>{data.external_path}</code>{data.discarded ? ' (deleted since)' : ''}</p>}
      <Table<CheckpointTask & { vertex: string }>
        label="Vertices of the checkpoint"
        rows={tasks}
        id={(task) => task.vertex}
        selected={vertex}
        columns={[
          { name: 'Vertex', cell: (task) => <a href={`#/job/${id}/checkpoints/${checkpoint}/${task.vertex}`}>{name(task.vertex)}</a>, by: (task) => name(task.vertex) },
          { name: 'Acknowledged', cell: (task) => `${task.num_acknowledged_subtasks} of ${task.num_subtasks}`, by: (task) => task.num_acknowledged_subtasks / task.num_subtasks, right: true },
          { name: 'Last acknowledged', cell: (task) => time(task.latest_ack_timestamp), by: (task) => task.latest_ack_timestamp },
          { name: 'Duration', cell: (task) => duration(task.end_to_end_duration), by: (task) => task.end_to_end_duration, right: true },
          { name: 'Stored', cell: (task) => bytes(task.checkpointed_size), by: (task) => task.checkpointed_size, right: true },
          { name: 'State size', cell: (task) => bytes(task.state_size), by: (task) => task.state_size, right: true },
        ]}
      />
      {vertex !== undefined && <SubtaskBreakdown id={id} checkpoint={checkpoint} vertex={vertex} name={name(vertex)} />}
    </Card>
  );
}

function Dispose({ path }: { path: string }): JSX.Element {
  const [asking, ask] = useState(false);
  return (
    <>
      <button type="button" onClick={() => ask(true)}>Delete…</button>
      {asking && (
        <Dialog title="Delete the savepoint?" confirm="Delete the savepoint" danger onClose={() => ask(false)} onConfirm={async () => { await disposeSavepoint(path); return `The savepoint ${path} is deleted.`; }}>
          <p>No job can be started from <code>{path}</code> any more.</p>
        </Dialog>
      )}
    </>
  );
}

function SubtaskBreakdown({ id, checkpoint, vertex, name }: { id: string; checkpoint: number; vertex: string; name: string }): JSX.Element {
  const { data, error } = usePoll<CheckpointSubtasks>(`/jobs/${id}/checkpoints/details/${checkpoint}/subtasks/${vertex}`, 3000);
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  const ms = (value: number | undefined): string => (value === undefined ? '–' : duration(value));
  return (
    <>
      <h3>Subtasks of {name}</h3>
      <Table<CheckpointSubtask>
        label={`Subtasks of ${name} in checkpoint ${checkpoint}`}
        rows={data.subtasks}
        id={(subtask) => subtask.index}
        columns={[
          { name: 'No.', cell: (subtask) => subtask.index, by: (subtask) => subtask.index, right: true },
          { name: 'State', cell: (subtask) => <State of={subtask.aborted ? 'aborted' : subtask.status} />, by: (subtask) => subtask.status },
          { name: 'Duration', cell: (subtask) => ms(subtask.end_to_end_duration), by: (subtask) => subtask.end_to_end_duration ?? 0, right: true },
          { name: 'Start delay', cell: (subtask) => ms(subtask.start_delay), by: (subtask) => subtask.start_delay ?? 0, right: true },
          { name: 'Alignment', cell: (subtask) => ms(subtask.alignment?.duration), by: (subtask) => subtask.alignment?.duration ?? 0, right: true },
          { name: 'Sync', cell: (subtask) => ms(subtask.checkpoint?.sync), by: (subtask) => subtask.checkpoint?.sync ?? 0, right: true },
          { name: 'Async', cell: (subtask) => ms(subtask.checkpoint?.async), by: (subtask) => subtask.checkpoint?.async ?? 0, right: true },
          { name: 'Stored', cell: (subtask) => (subtask.checkpointed_size === undefined ? '–' : bytes(subtask.checkpointed_size)), by: (subtask) => subtask.checkpointed_size ?? 0, right: true },
          { name: 'Rows in flight', cell: (subtask) => bytes(subtask.alignment?.persisted ?? 0), by: (subtask) => subtask.alignment?.persisted ?? 0, right: true },
          { name: 'Unaligned', cell: (subtask) => (subtask.unaligned_checkpoint ? 'yes' : 'no') },
        ]}
      />
    </>
  );
}

function SummaryTable({ rows }: { rows: readonly (readonly [string, Summary, (value: number) => string])[] }): JSX.Element {
  const columns = ['min', 'avg', 'p50', 'p90', 'p99', 'max'] as const;
  return (
    <Table
      label="Summary"
      rows={rows}
      id={([name]) => name}
      columns={[
        { name: 'What', cell: ([name]) => name },
        ...columns.map((column) => ({ name: column, right: true, cell: ([, summary, show]: (typeof rows)[number]) => show(num(summary[column])) })),
      ]}
    />
  );
}

function Configuration({ id }: { id: string }): JSX.Element | null {
  const { data, error } = usePoll<CheckpointConfiguration>(`/jobs/${id}/checkpoints/config`, Infinity);
  if (!data) return error ? <Card title="Configuration"><Trouble error={error} /></Card> : null;
  const periodic = data.interval > 0 && data.interval < Number.MAX_SAFE_INTEGER;
  const rows: [string, string][] = [
    ['Mode', data.mode.replaceAll('_', ' ')],
    ['Interval', periodic ? duration(data.interval) : 'none: only on request'],
    ['Timeout', duration(data.timeout)],
    ['Least pause between two', duration(data.min_pause)],
    ['At once', String(data.max_concurrent)],
    ['Failures that are tolerated', String(data.tolerable_failed_checkpoints)],
    ['Unaligned', data.unaligned_checkpoints ? 'yes' : data.aligned_checkpoint_timeout > 0 ? `after ${duration(data.aligned_checkpoint_timeout)}` : 'no'],
    ['State backend', data.state_backend],
    ['Storage', data.checkpoint_storage],
    ['Kept when the job ends', data.externalization.enabled ? (data.externalization.delete_on_cancellation ? 'unless it is cancelled' : 'yes') : 'no'],
    ['After tasks have finished', data.checkpoints_after_tasks_finish ? 'yes' : 'no'],
  ];
  return (
    <Card title="Configuration">
      <Table label="Configuration of checkpoints" rows={rows} id={([name]) => name} columns={[{ name: 'What', cell: ([name]) => name }, { name: 'Value', cell: ([, value]) => value }]} />
    </Card>
  );
}
