// The JobManager: configuration, metrics, threads, logs.
import type { JSX } from 'preact';
import { Card, Empty, Loading, Tabs, Trouble } from '../components/basics';
import { Group } from '../components/group';
import { Logs } from '../components/logs';
import { ProcessMetrics, Threads } from '../components/process';
import { usePoll } from '../rest/poll';
import type { ClusterConfiguration, ClusterOverview, Environment } from '../rest/types.gen';
import { Pairs } from './job/configuration';

const TABS = [
  ['configuration', 'Configuration'],
  ['metrics', 'Metrics'],
  ['threads', 'Threads'],
  ['logs', 'Logs'],
] as const;

export function JobManagerPage({ tab: asked }: { tab: string }): JSX.Element {
  const tab = TABS.some(([path]) => path === asked) ? asked : asked === 'log' || asked === 'stdout' ? 'logs' : 'configuration';
  const cluster = usePoll<ClusterOverview>('/overview', 3000).data;
  return (
    <>
      <h1>JobManager</h1>
      {cluster?.group && (
        <Card title="Group">
          <Group cluster={cluster} />
          {cluster.group.members.length > 1 && <p class="soft">What follows is of the one that leads.</p>}
        </Card>
      )}
      <Tabs label="Pages of the JobManager" base="/job-manager" tabs={TABS} current={tab} />
      {tab === 'configuration' && <Configuration />}
      {tab === 'metrics' && <Card title="Metrics"><ProcessMetrics base="/jobmanager" /></Card>}
      {tab === 'threads' && <Card title="Threads"><Threads path="/jobmanager/thread-dump" /></Card>}
      {tab === 'logs' && <Card title="Logs"><Logs base="/jobmanager" /></Card>}
    </>
  );
}

function Configuration(): JSX.Element {
  const { data, error } = usePoll<ClusterConfiguration>('/jobmanager/config', Infinity);
  const environment = usePoll<Environment>('/jobmanager/environment', Infinity).data;
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  return (
    <>
      <Card title="Set">{data.length === 0 ? <Empty>Nothing: all is as by default.</Empty> : <Pairs label="Configuration" rows={data} />}</Card>
      {environment && (
        <Card title="Process">
          <p>{environment.jvm.version}, {environment.jvm.arch}</p>
        </Card>
      )}
    </>
  );
}
