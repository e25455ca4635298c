// The cluster at a glance.
import type { JSX } from 'preact';
import { Card, Empty, Figure, Figures, Loading, Trouble } from '../components/basics';
import { Group } from '../components/group';
import { Table } from '../components/table';
import { usePoll } from '../rest/poll';
import type { ClusterOverview, JobsOverview } from '../rest/types.gen';
import { ended, jobColumns } from './jobs';

export function OverviewPage(): JSX.Element {
  const overview = usePoll<ClusterOverview>('/overview', 3000);
  const jobs = usePoll<JobsOverview>('/jobs/overview', 3000);
  if (!overview.data) return overview.error ? <Trouble error={overview.error} /> : <Loading />;
  const cluster = overview.data;
  const used = cluster['slots-total'] - cluster['slots-available'];
  const running = jobs.data?.jobs.filter((job) => !ended(job.state)) ?? [];
  const recent = jobs.data?.jobs.filter((job) => ended(job.state)).sort((a, b) => b['end-time'] - a['end-time']).slice(0, 10) ?? [];
  return (
    <>
      <h1>Overview</h1>
      <div class="columns">
        <Card title="Slots">
          <Figures>
            <Figure name="In use">
              {used} of {cluster['slots-total']}
            </Figure>
            <Figure name="Free">{cluster['slots-available']}</Figure>
            <Figure name="TaskManagers">
              <a href="#/task-manager">{cluster.taskmanagers}</a>
            </Figure>
          </Figures>
          <span class="meter" role="img" aria-label={`${used} of ${cluster['slots-total']} slots in use`}>
            <span style={{ width: `${cluster['slots-total'] === 0 ? 0 : (100 * used) / cluster['slots-total']}%` }} />
          </span>
          {cluster.taskmanagers === 0 && <p class="soft">No TaskManager is registered: no job can run. Start one with <code>flinkrs taskmanager</code>.</p>}
        </Card>
        <Card title="Jobs">
          <Figures>
            <Figure name="Running">{cluster['jobs-running']}</Figure>
            <Figure name="Finished">{cluster['jobs-finished']}</Figure>
            <Figure name="Cancelled">{cluster['jobs-cancelled']}</Figure>
            <Figure name="Failed">{cluster['jobs-failed']}</Figure>
          </Figures>
        </Card>
        <Card title="JobManager">
          <Group cluster={cluster} />
        </Card>
      </div>
      <Card title="Running jobs" actions={<a class="button" href="#/submit">Submit a job</a>}>
        {running.length === 0 ? <Empty>No job runs.</Empty> : <Table label="Running jobs" columns={jobColumns} rows={running} id={(job) => job.jid} sort={['Started', 'desc']} />}
      </Card>
      {recent.length > 0 && (
        <Card title="Ended lately" actions={<a href="#/jobs">All jobs</a>}>
          <Table label="Jobs that ended lately" columns={jobColumns} rows={recent} id={(job) => job.jid} />
        </Card>
      )}
    </>
  );
}
