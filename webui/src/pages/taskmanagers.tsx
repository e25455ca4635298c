// All TaskManagers that are registered.
import type { JSX } from 'preact';
import { Card, Empty, Loading, Trouble } from '../components/basics';
import { Table } from '../components/table';
import { bytes, duration } from '../format';
import { usePoll } from '../rest/poll';
import type { TaskManagers } from '../rest/types.gen';

type One = TaskManagers['taskmanagers'][number];

/** How long ago it was heard of: what Flink calls the time since is the time itself. */
export const silence = (one: { timeSinceLastHeartbeat: number }): number => Math.max(0, Date.now() - one.timeSinceLastHeartbeat);

export function TaskManagersPage(): JSX.Element {
  const { data, error } = usePoll<TaskManagers>('/taskmanagers', 3000);
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  return (
    <>
      <h1>TaskManagers</h1>
      <Card>
        {data.taskmanagers.length === 0 ? (
          <Empty>None is registered. Start one with <code>flinkrs taskmanager</code>.</Empty>
        ) : (
          <Table<One>
            label="TaskManagers"
            rows={data.taskmanagers}
            id={(one) => one.id}
            sort={['Id', 'asc']}
            columns={[
              { name: 'Id', cell: (one) => <a href={`#/task-manager/${encodeURIComponent(one.id)}`}>{one.id}</a>, by: (one) => one.id },
              { name: 'Address', cell: (one) => one.path, by: (one) => one.path },
              { name: 'Data port', cell: (one) => one.dataPort, by: (one) => one.dataPort, right: true },
              { name: 'Heard of', cell: (one) => `${duration(silence(one))} ago`, by: silence, right: true },
              { name: 'Slots in use', cell: (one) => `${one.slotsNumber - one.freeSlots} of ${one.slotsNumber}`, by: (one) => one.slotsNumber - one.freeSlots, right: true },
              { name: 'Cores', cell: (one) => one.hardware.cpuCores, by: (one) => one.hardware.cpuCores, right: true },
              { name: 'Memory of the machine', cell: (one) => bytes(one.hardware.physicalMemory), by: (one) => one.hardware.physicalMemory, right: true },
              { name: 'For state', cell: (one) => bytes(one.hardware.managedMemory), by: (one) => one.hardware.managedMemory, right: true },
            ]}
          />
        )}
      </Card>
    </>
  );
}
