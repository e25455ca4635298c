// What goes wrong while somebody looks: a slow key, a TaskManager that is killed, a JobManager that is away for a while.
import { expect, test } from '@playwright/test';
import { Cluster } from './cluster';
import { ORDERS, SLOW_KEY } from './jobs';

let cluster: Cluster;
test.beforeEach(async () => {
  cluster = await Cluster.start(1, 4);
});
test.afterEach(() => cluster.end());

test('a stranger finds the subtask with the hot key in four clicks', async ({ page }) => {
  const job = await cluster.submit(SLOW_KEY);
  await cluster.state(job, 'RUNNING');
  await page.goto(`${cluster.url}/`);
  await page.getByRole('link', { name: 'one slow key' }).click();
  await page.getByRole('link', { name: 'Why, and what helps' }).first().click({ timeout: 40_000 });
  await expect(page.getByRole('heading', { name: /Subtask \d of GroupAggregate.* is the bottleneck/ })).toBeVisible();
  await expect(page.getByText(/Few keys have most of the rows/)).toBeVisible();
  await page.getByRole('link', { name: /Look at subtask \d/ }).click();
  await expect(page.getByText(/Rows read: subtask \d has the most/)).toBeVisible();
});

test('the page goes on when the JobManager comes back, and shows a TaskManager that is lost', async ({ page }) => {
  const job = await cluster.submit(ORDERS);
  await cluster.state(job, 'RUNNING');
  await page.goto(`${cluster.url}/#/job/${job}/graph`);
  await expect(page.getByRole('button', { name: /Source: orders/ })).toBeVisible();
  await cluster.killJobManager();
  await expect(page.getByRole('alert').filter({ hasText: 'does not answer' })).toBeVisible();
  await cluster.startJobManager();
  await expect(page.getByRole('alert').filter({ hasText: 'does not answer' })).toBeHidden({ timeout: 40_000 });
  await cluster.registered(1);
  await cluster.state(job, 'RUNNING');
  await expect(page.getByText('RUNNING', { exact: true }).first()).toBeVisible();
  cluster.taskmanagers[0]?.kill('SIGKILL');
  await expect(page.getByRole('heading', { name: 'orders per customer' })).toBeVisible();
  await page.goto(`${cluster.url}/#/job/${job}/why`);
  await expect(page.getByRole('heading', { name: /The job (waits for slots|restarts after a failure)/ })).toBeVisible({ timeout: 40_000 });
  cluster.startTaskManager(4);
  await cluster.state(job, 'RUNNING');
  await expect(page.getByRole('heading', { name: 'Nothing holds back the throughput' })).toBeVisible({ timeout: 40_000 });
});
