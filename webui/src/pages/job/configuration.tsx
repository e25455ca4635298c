// With which configuration the job runs.
import type { JSX } from 'preact';
import { Card, Empty, Figure, Figures, Loading, Trouble } from '../../components/basics';
import { Table } from '../../components/table';
import { usePoll } from '../../rest/poll';
import type { ClusterConfiguration, JobConfiguration } from '../../rest/types.gen';

export function ConfigurationTab({ id }: { id: string }): JSX.Element {
  const { data, error } = usePoll<JobConfiguration>(`/jobs/${id}/config`, Infinity);
  const effective = usePoll<ClusterConfiguration>(`/jobs/${id}/jobmanager/config`, Infinity);
  const cluster = usePoll<ClusterConfiguration>('/jobmanager/config', Infinity);
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  const execution = data['execution-config'];
  const parameters = Object.entries(execution['user-config']).map(([key, value]) => ({ key, value }));
  const ofCluster = new Map(cluster.data?.map(({ key, value }) => [key, value]));
  const own = cluster.data && effective.data?.filter(({ key, value }) => ofCluster.get(key) !== value);
  return (
    <>
      <Card title="Execution">
        <Figures>
          <Figure name="Parallelism">{execution['job-parallelism']}</Figure>
          <Figure name="Restarts">{execution['restart-strategy']}</Figure>
        </Figures>
      </Card>
      <Card title="Set for this job">
        <Trouble error={effective.error} />
        {own && (own.length === 0 ? <Empty>Nothing.</Empty> : <Pairs label="Set for this job" rows={own} />)}
      </Card>
      {parameters.length > 0 && (
        <Card title="Parameters of the job">
          <Pairs label="Parameters of the job" rows={parameters} />
        </Card>
      )}
      <Card title="Of the cluster">
        <Trouble error={cluster.error} />
        {cluster.data && <Pairs label="Configuration of the cluster" rows={cluster.data} />}
      </Card>
    </>
  );
}

export function Pairs({ label, rows }: { label: string; rows: readonly { key: string; value: string }[] }): JSX.Element {
  return (
    <Table
      label={label}
      rows={rows}
      id={(row) => row.key}
      sort={['Key', 'asc']}
      columns={[
        { name: 'Key', cell: (row) => <code>{row.key}</code>, by: (row) => row.key },
        { name: 'Value', cell: (row) => <code>{row.value}</code>, by: (row) => row.value },
      ]}
    />
  );
}
