// What goes wrong while somebody looks: a slow key, a checkpoint that is stuck, a job that fails again and again, a TaskManager and JobManagers that are
// killed.
import { expect, test } from '@playwright/test';
import { Cluster, PATIENCE, until, type Wanted } from './cluster';
import { FAILS_AGAIN, ORDERS, SLOW_KEY, STUCK } from './jobs';

let cluster: Cluster | undefined;
const start = async (wanted: Wanted = {}): Promise<Cluster> => (cluster = await Cluster.start(wanted));
test.afterEach(async () => {
  await cluster?.end();
  cluster = undefined;
});

test('a stranger finds the subtask with the hot key in four clicks', async ({ page }) => {
  const cluster = await start();
  const job = await cluster.submit(SLOW_KEY);
  await cluster.state(job, 'RUNNING');
  await page.goto(`${cluster.url}/`);
  await page.getByRole('link', { name: 'one slow key' }).click();
  await page.getByRole('link', { name: 'Why, and what helps' }).first().click({ timeout: PATIENCE });
  await expect(page.getByRole('heading', { name: /Subtask \d of GroupAggregate.* is the bottleneck/ })).toBeVisible();
  await expect(page.getByText(/Few keys have most of the rows/)).toBeVisible();
  await page.getByRole('link', { name: /Look at subtask \d/ }).click();
  await expect(page.getByText(/Rows read: subtask \d has the most/)).toBeVisible();
  // The source waits for the aggregation, which is at work.
  const drawer = page.getByRole('complementary', { name: /GroupAggregate/ });
  await expect(drawer.getByRole('cell', { name: /^in .*\(\d+ batch/ })).toBeVisible();
  await page.getByRole('region', { name: 'Vertices' }).getByRole('link', { name: /Source: events/ }).click();
  await expect(page.getByRole('cell', { name: /waiting for room in the output \(\d+ batch/ }).first()).toBeVisible();
});

test('a checkpoint that does not get done is explained', async ({ page }) => {
  const cluster = await start();
  const job = await cluster.submit(STUCK);
  await cluster.state(job, 'RUNNING');
  await page.goto(`${cluster.url}/#/job/${job}/why`);
  const finding = page.getByRole('region', { name: 'Checkpoints' });
  await expect(finding.getByRole('heading', { name: /Checkpoint \d+ does not get done/ })).toBeVisible({ timeout: PATIENCE });
  await expect(finding).toContainText(/GroupAggregate.* is the first whose subtasks have not all acknowledged/);
  await expect(finding).toContainText(/Missing: /);
  await expect(finding).toContainText('The barrier waits behind the rows before it');
  await expect(finding).toContainText('Unaligned checkpoints overtake waiting rows');
  await finding.getByRole('link', { name: 'Look at the checkpoints' }).click();
  await page.getByRole('region', { name: 'History of checkpoints' }).getByRole('link').first().click();
  await page.getByRole('region', { name: 'Vertices of the checkpoint' }).getByRole('link', { name: /GroupAggregate/ }).click();
  await expect(page.getByRole('region', { name: /Subtasks of GroupAggregate/ })).toContainText('pending or failed');
});

test('a job that fails again and again: why, and what failed before', async ({ page }) => {
  const cluster = await start();
  const job = await cluster.submit(FAILS_AGAIN);
  await page.goto(`${cluster.url}/#/job/${job}/why`);
  await expect(page.getByRole('heading', { name: 'The job restarts after a failure' })).toBeVisible({ timeout: PATIENCE });
  await expect(page.getByText(/by zero/).first()).toBeVisible();
  await page.getByRole('link', { name: 'Look at the exceptions' }).click();
  await expect(page.getByRole('region', { name: /, the newest$/ })).toContainText(/by zero/);
  await expect(async () => expect(await page.getByText('Whole text').count()).toBeGreaterThan(2)).toPass({ timeout: PATIENCE });
});

test('the page goes on when the JobManager comes back, and shows a TaskManager that is lost', async ({ page }) => {
  const cluster = await start();
  const job = await cluster.submit(ORDERS);
  await cluster.state(job, 'RUNNING');
  await page.goto(`${cluster.url}/#/job/${job}/graph`);
  await expect(page.getByRole('button', { name: /Source: orders/ })).toBeVisible();
  await cluster.killJobManager();
  const silence = page.getByRole('alert').filter({ hasText: 'does not answer' });
  await expect(silence.first()).toBeVisible();
  // What was known stays.
  await expect(page.getByRole('button', { name: /Source: orders/ })).toBeVisible();
  cluster.startJobManager();
  await expect(silence).toHaveCount(0, { timeout: PATIENCE });
  await cluster.registered(1);
  await cluster.state(job, 'RUNNING');
  await expect(page.getByRole('region', { name: 'Job', exact: true }).getByText('RUNNING', { exact: true })).toBeVisible();
  await page.goto(`${cluster.url}/#/job/${job}/why`);
  cluster.taskmanagers[0]?.kill('SIGKILL');
  await expect(page.getByRole('heading', { name: /The job (waits for slots|restarts after a failure)/ })).toBeVisible({ timeout: PATIENCE });
  await page.goto(`${cluster.url}/#/task-manager`);
  await expect(page.getByText('None is registered')).toBeVisible({ timeout: PATIENCE });
  cluster.startTaskManager();
  await cluster.state(job, 'RUNNING');
  await expect(page.getByRole('region', { name: 'TaskManagers' }).getByRole('link')).toHaveCount(1);
  await page.goto(`${cluster.url}/#/job/${job}/why`);
  await expect(page.getByRole('heading', { name: 'Nothing holds back the throughput' })).toBeVisible({ timeout: PATIENCE });
});

test('the leader is killed while pages of all JobManagers are open', async ({ page, context }) => {
  const cluster = await start({ jobmanagers: 3 });
  const job = await cluster.submit(ORDERS);
  await cluster.state(job, 'RUNNING');
  const leader = await cluster.leader();
  const term = (await cluster.overview()).term ?? 0;
  const follower = cluster.jobmanagers.find((one) => one !== leader);
  // The page of a follower, which passes on what it is asked.
  await page.goto(`${cluster.urlOf(follower)}/#/job/${job}/graph`);
  await expect(page.getByRole('button', { name: /Source: orders/ })).toContainText(/busy \d+ %/);
  const ofLeader = await context.newPage();
  await ofLeader.goto(`${cluster.urlOf(leader)}/#/overview`);
  const members = ofLeader.getByRole('region', { name: 'Group of JobManagers' });
  await expect(members.getByRole('row', { name: new RegExp(`${leader.host}.*leader`) })).toBeVisible();
  await expect(members.getByRole('row', { name: /yes/ })).toHaveCount(3);
  await cluster.killJobManager(leader);
  // The page of the one that is gone says so, and where else to look.
  const banner = ofLeader.getByRole('alert').filter({ hasText: 'does not answer' });
  await expect(banner).toBeVisible();
  await banner.getByRole('link', { name: follower?.host ?? '' }).click();
  await expect(members.getByRole('row', { name: new RegExp(`${leader.host}.*no`) })).toBeVisible({ timeout: PATIENCE });
  await expect(ofLeader.getByText('degraded')).toBeVisible();
  expect((await cluster.leader()).host).not.toBe(leader.host);
  expect((await cluster.overview()).term).toBeGreaterThan(term);
  // The follower's page goes on: figures move again, and the job has not left RUNNING.
  const elapsed = page.getByRole('region', { name: 'Job', exact: true }).getByRole('definition').nth(2);
  const before = await elapsed.textContent();
  await expect(elapsed).not.toHaveText(before ?? '', { timeout: PATIENCE });
  await expect(page.getByRole('alert')).toHaveCount(0, { timeout: PATIENCE });
  await expect(page.getByRole('button', { name: /Source: orders/ })).toContainText(/busy \d+ %/);
  await page.getByRole('link', { name: 'Exceptions' }).click();
  await expect(page.getByText('Nothing has failed.')).toBeVisible();
  // Its place comes back, and it follows.
  cluster.startJobManager(leader);
  await expect(members.getByRole('row', { name: new RegExp(`${leader.host}.*follower.*yes`) })).toBeVisible({ timeout: PATIENCE });
  await until('the job runs', async () => ((await cluster.get<{ state: string }>(`/jobs/${job}`)).state === 'RUNNING' ? true : undefined));
});
