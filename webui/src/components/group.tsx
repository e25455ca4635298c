// The JobManagers that keep the jobs together: who leads, in which term, and who answers.
import type { JSX } from 'preact';
import type { ClusterOverview, JobManagerMember } from '../rest/types.gen';
import { Figure, Figures, State } from './basics';
import { Table } from './table';

const ANSWERS = new Map<boolean | null | undefined, JSX.Element | string>([
  [true, <State of="yes" />],
  [false, <State of="no" />],
]);

export function Group({ cluster }: { cluster: ClusterOverview }): JSX.Element {
  return (
    <>
      <Figures>
        <Figure name="Version">{cluster['flink-version']}</Figure>
        {cluster.leader !== undefined && cluster.leader !== null && <Figure name="Leader">{cluster.leader}</Figure>}
        {cluster.term !== undefined && <Figure name="Term">{cluster.term}</Figure>}
        {cluster.group && <Figure name="Group">{cluster.group.health.toLowerCase()}</Figure>}
      </Figures>
      {cluster.group && (
        <Table<JobManagerMember>
          label="Group of JobManagers"
          rows={cluster.group.members}
          id={(member) => member.address}
          columns={[
            { name: 'JobManager', cell: (member) => member.address },
            { name: 'Role', cell: (member) => member.role.toLowerCase() },
            { name: 'Answers', cell: (member) => ANSWERS.get(member.healthy) ?? 'not known here' },
          ]}
        />
      )}
    </>
  );
}
