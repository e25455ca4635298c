// One TaskManager: memory, network, slots, threads, logs.
import type { JSX } from 'preact';
import { Card, Empty, Figure, Figures, Loading, Tabs, Trouble } from '../components/basics';
import { Logs } from '../components/logs';
import { ProcessMetrics, Threads } from '../components/process';
import { Table } from '../components/table';
import { bytes, count, duration } from '../format';
import { usePoll } from '../rest/poll';
import type { JobsOverview, TaskManagerDetails } from '../rest/types.gen';
import { silence } from './taskmanagers';

const TABS = [
  ['memory', 'Memory and network'],
  ['slots', 'Slots'],
  ['metrics', 'Metrics'],
  ['threads', 'Threads'],
  ['logs', 'Logs'],
] as const;

export function TaskManagerPage({ id, tab: asked }: { id: string; tab: string }): JSX.Element {
  const tab = TABS.some(([path]) => path === asked) ? asked : asked === 'log' || asked === 'stdout' ? 'logs' : 'memory';
  const base = `/taskmanagers/${encodeURIComponent(id)}`;
  const { data, error } = usePoll<TaskManagerDetails>(base, 3000);
  if (!data) {
    return error ? (
      <>
        <h1>TaskManager {id}</h1>
        <Trouble error={error} />
        <p>It is not registered: it has ended, or the JobManager has lost it. <a href="#/task-manager">All TaskManagers</a></p>
      </>
    ) : (
      <Loading />
    );
  }
  return (
    <>
      <section class="card" aria-label="TaskManager">
        <h1>TaskManager {id}</h1>
        {error && <p class="trouble" role="alert">It does not answer any more: {error.message}</p>}
        <Figures>
          <Figure name="Address">{data.path}</Figure>
          <Figure name="Heard of">{duration(silence(data))} ago</Figure>
          <Figure name="Slots in use">{data.slotsNumber - data.freeSlots} of {data.slotsNumber}</Figure>
          <Figure name="Cores">{data.hardware.cpuCores}</Figure>
          <Figure name="Memory of the machine">{bytes(data.hardware.physicalMemory)}</Figure>
        </Figures>
      </section>
      <Tabs label="Pages of the TaskManager" base={`/task-manager/${encodeURIComponent(id)}`} tabs={TABS} current={tab} />
      {tab === 'memory' && <Memory data={data} />}
      {tab === 'slots' && <Slots data={data} />}
      {tab === 'metrics' && <Card title="Metrics"><ProcessMetrics base={base} /></Card>}
      {tab === 'threads' && <Card title="Threads"><Threads path={`${base}/thread-dump`} /></Card>}
      {tab === 'logs' && <Card title="Logs"><Logs base={base} /></Card>}
    </>
  );
}

function Meter({ name, used, of }: { name: string; used: number; of: number }): JSX.Element {
  return (
    <div class="metered">
      <div class="bar">
        <span>{name}</span>
        <span>{bytes(used)}{of > 0 ? ` of ${bytes(of)}` : ''}</span>
      </div>
      {of > 0 && (
        <span class="meter" role="img" aria-label={`${name}: ${bytes(used)} of ${bytes(of)}`}>
          <span style={{ width: `${Math.min(100, (100 * used) / of)}%` }} />
        </span>
      )}
    </div>
  );
}

const MEASURED = ['Status.Flink.Memory.Managed.Used', 'Status.Flink.Memory.Managed.Total', 'Status.State.SizeOnDisk', 'Status.Shuffle.inputQueueLength', 'Status.Shuffle.outputQueueLength', 'Status.Shuffle.outputChannelsWithoutCredit'] as const;

function Memory({ data }: { data: TaskManagerDetails }): JSX.Element {
  const { metrics, hardware, memoryConfiguration: configured } = data;
  const all = usePoll<{ id: string; value: string }[]>(`/taskmanagers/${encodeURIComponent(data.id)}/metrics?get=${MEASURED.join(',')}`, 3000).data;
  const value = (name: (typeof MEASURED)[number]): number | undefined => {
    const found = all?.find((metric) => metric.id === name);
    return found && Number(found.value);
  };
  const total = value('Status.Flink.Memory.Managed.Total') ?? configured.managedMemory;
  const [used, disk] = [value('Status.Flink.Memory.Managed.Used'), value('Status.State.SizeOnDisk')];
  const [input, output, starved] = [value('Status.Shuffle.inputQueueLength'), value('Status.Shuffle.outputQueueLength'), value('Status.Shuffle.outputChannelsWithoutCredit')];
  return (
    <div class="columns">
      <Card title="Memory">
        <Meter name="Of the process" used={metrics.heapUsed} of={hardware.physicalMemory} />
        {used === undefined ? <p>State of rocksdb: at most {bytes(total)} (taskmanager.memory.managed.size)</p> : <Meter name="State of rocksdb" used={used} of={total} />}
        <Meter name="In use on the machine" used={hardware.physicalMemory - hardware.freeMemory} of={hardware.physicalMemory} />
      </Card>
      <Card title="State on disk">
        {disk === undefined ? (
          <Empty>Not reported.</Empty>
        ) : (
          <>
            <Figures>
              <Figure name="In io.tmp.dirs">{bytes(disk)}</Figure>
            </Figures>
            <p class="soft">{disk === 0 ? 'Nothing: state of hashmap is in memory alone, and rocksdb begins to write when there is something to keep.' : 'Files of rocksdb and of its snapshots that are being stored, each counted once; measured every 5 s.'}</p>
          </>
        )}
      </Card>
      <Card title="Network">
        {metrics.nettyShuffleMemoryTotal > 0 ? (
          <>
            <Meter name="Batches under way" used={metrics.nettyShuffleMemoryUsed} of={metrics.nettyShuffleMemoryTotal} />
            <Figures>
              <Figure name="Buffers in use">{count(metrics.nettyShuffleMemorySegmentsUsed)} of {count(metrics.nettyShuffleMemorySegmentsTotal)}</Figure>
            </Figures>
          </>
        ) : input === undefined ? (
          <Empty>Not reported.</Empty>
        ) : (
          <>
            <Figures>
              <Figure name="Batches waiting at inputs">{count(input)}</Figure>
              <Figure name="Batches waiting at outputs">{count(output ?? 0)}</Figure>
              <Figure name="Channels without credit">{count(starved ?? 0)}</Figure>
            </Figures>
            <p class="soft">
              A consumer in another TaskManager gives credits, one for each batch that it has room for. A channel without credit has a batch to send and waits for one: its consumer is slower. The subtasks of a vertex show which.
            </p>
          </>
        )}
      </Card>
    </div>
  );
}

function Slots({ data }: { data: TaskManagerDetails }): JSX.Element {
  const jobs = usePoll<JobsOverview>('/jobs/overview', 3000).data;
  const rows = (data.allocatedSlots as { jobId: string; assignedTasks?: number; resource: { managedMemory?: number } }[]).map((slot, index) => ({ ...slot, index }));
  if (rows.length === 0) return <Card title="Slots"><Empty>All {data.slotsNumber} slots are free.</Empty></Card>;
  return (
    <Card title={`${rows.length} of ${data.slotsNumber} slots are in use`}>
      <Table
        label="Slots"
        rows={rows}
        id={(slot) => slot.index}
        columns={[
          { name: 'Job', cell: (slot) => <a href={`#/job/${slot.jobId}/graph`}>{jobs?.jobs.find((job) => job.jid === slot.jobId)?.name ?? slot.jobId}</a> },
          { name: 'Tasks', cell: (slot) => slot.assignedTasks ?? '–', right: true },
          { name: 'Memory for state', cell: (slot) => (slot.resource.managedMemory === undefined ? '–' : `${slot.resource.managedMemory} MiB`), right: true },
        ]}
      />
    </Card>
  );
}
