// Every page and action, against one cluster with a job that runs well and one that fails.
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { Cluster } from './cluster';
import { FAILS, ORDERS } from './jobs';

let cluster: Cluster;
let orders: string;
let failed: string;

test.beforeAll(async () => {
  cluster = await Cluster.start(2, 4);
  failed = await cluster.submit(FAILS);
  orders = await cluster.submit(ORDERS);
  await cluster.state(orders, 'RUNNING');
  await cluster.state(failed, 'FAILED');
});
test.afterAll(() => cluster.end());

/** A page asks nobody but its server, and has no errors. */
const strangers: string[] = [];
test.beforeEach(({ page }) => {
  strangers.length = 0;
  page.on('request', (request) => {
    if (!request.url().startsWith(cluster.url) && !request.url().startsWith('data:')) strangers.push(request.url());
  });
  page.on('pageerror', (error) => strangers.push(error.message));
});
test.afterEach(() => expect(strangers).toEqual([]));

const open = (page: Page, path: string): Promise<unknown> => page.goto(`${cluster.url}/#${path}`);

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(' | ')}`)).toEqual([]);
}

test('overview: slots and jobs, and a way to each', async ({ page }) => {
  await open(page, '/overview');
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await expect(page.getByText('2 of 8')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Running jobs' }).last().getByRole('link', { name: 'orders per customer' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'fails' })).toBeVisible();
  await accessible(page);
});

test('jobs: found by name, by state, and by Flink’s own address', async ({ page }) => {
  await open(page, '/job/completed');
  await page.getByRole('searchbox', { name: 'Find' }).fill('fail');
  await expect(page.getByRole('link', { name: 'fails' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'orders per customer' })).toBeHidden();
  await page.getByRole('searchbox', { name: 'Find' }).fill('');
  await page.getByRole('button', { name: 'running', exact: true }).click();
  await expect(page.getByRole('link', { name: 'fails' })).toBeHidden();
  await open(page, `/job/running/${orders}/overview`);
  await expect(page.getByRole('heading', { name: 'orders per customer' })).toBeVisible();
});

test('graph: vertices with live figures, and what is in them', async ({ page }) => {
  await open(page, `/job/${orders}/graph`);
  const source = page.getByRole('button', { name: /Source: orders/ });
  await expect(source).toContainText(/busy \d+ %/);
  await expect(source).toContainText(/out [\d.]+K?\/s/);
  await expect(page.getByRole('button', { name: /GlobalWindowAggregate/ })).toContainText(/wm [\d.]+ /);
  await accessible(page);
  // By the keyboard.
  await source.focus();
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('complementary', { name: /Source: orders/ });
  await expect(drawer.getByRole('table')).toContainText('RUNNING');
  await drawer.getByRole('link', { name: 'Over time' }).click();
  await expect(drawer.getByRole('img', { name: 'Rows a second' }).locator('canvas')).toBeVisible();
  await drawer.getByRole('link', { name: 'Metrics' }).click();
  await drawer.getByRole('searchbox').fill('numRecordsOut');
  await expect(drawer.getByRole('cell', { name: 'numRecordsOut', exact: true })).toBeVisible();
  await drawer.getByRole('link', { name: 'Plan' }).click();
  await expect(drawer.locator('pre')).toContainText('Source: orders');
  await drawer.getByRole('link', { name: 'Flame graph' }).click();
  await expect(drawer.getByText(/Flame graphs are off|Samples are being taken|all/).first()).toBeVisible();
  await page.getByRole('button', { name: /GlobalWindowAggregate/ }).click();
  await page.getByRole('link', { name: 'Watermarks' }).click();
  await expect(page.getByText('The lowest counts')).toBeVisible();
  await accessible(page);
});

test('checkpoints: history, parts, buttons', async ({ page }) => {
  await open(page, `/job/${orders}/checkpoints`);
  await expect(page.getByRole('img', { name: 'Duration and size of checkpoints' }).locator('canvas')).toBeVisible();
  await page.getByRole('button', { name: 'Take a checkpoint' }).click();
  await expect(page.getByText(/Checkpoint \d+ is complete/)).toBeVisible();
  await page.getByRole('button', { name: 'Take a savepoint' }).click();
  await expect(page.getByText(/The savepoint is in file:/)).toBeVisible();
  const history = page.getByRole('region', { name: 'History of checkpoints' });
  await expect(history.getByText('savepoint', { exact: true })).toBeVisible();
  await history.getByRole('link').first().click();
  await page.getByRole('region', { name: 'Vertices of the checkpoint' }).getByRole('link', { name: /GroupAggregate/ }).click();
  await expect(page.getByRole('region', { name: /Subtasks of GroupAggregate/ })).toContainText('Start delay');
  await expect(page.getByRole('region', { name: 'Configuration of checkpoints' })).toContainText('2.0 s');
  await accessible(page);
});

test('exceptions, why, timeline and configuration of a job', async ({ page }) => {
  await open(page, `/job/${failed}/exceptions`);
  await expect(page.getByText(/by zero/).first()).toBeVisible();
  await accessible(page);
  await page.getByRole('link', { name: 'Why' }).click();
  await expect(page.getByRole('heading', { name: 'The job has failed' })).toBeVisible();
  await open(page, `/job/${orders}/why`);
  await expect(page.getByRole('heading', { name: 'Nothing holds back the throughput' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'The watermark moves' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Checkpoints are quick' })).toBeVisible();
  await accessible(page);
  await page.getByRole('link', { name: 'Timeline' }).click();
  await page.getByRole('link', { name: /Source: orders/ }).click();
  await expect(page.getByRole('img', { name: /running/ }).nth(1)).toBeVisible();
  await accessible(page);
  await page.getByRole('link', { name: 'Configuration', exact: true }).click();
  await expect(page.getByText('execution.checkpointing.dir').first()).toBeVisible();
});

test('TaskManagers and JobManager', async ({ page }) => {
  await open(page, '/task-manager');
  await page.getByRole('region', { name: 'TaskManagers' }).getByRole('link').first().click();
  await expect(page.getByText('Of the process')).toBeVisible();
  await accessible(page);
  await page.getByRole('link', { name: 'Threads' }).click();
  await expect(page.getByRole('region', { name: 'Threads' }).last()).toContainText('io');
  await page.getByRole('link', { name: 'Logs' }).click();
  await expect(page.getByText(/writes no log file|lines/)).toBeVisible();
  await open(page, '/job-manager');
  await expect(page.getByText('high-availability.type')).toBeVisible();
  await page.getByRole('link', { name: 'Metrics' }).click();
  await expect(page.getByText('taskSlotsTotal')).toBeVisible();
  await page.getByRole('link', { name: 'Threads' }).click();
  await expect(page.getByRole('region', { name: 'Threads' }).last()).toContainText('flinkrs');
  await accessible(page);
});

const editor = (page: Page): ReturnType<Page['locator']> => page.locator('.cm-content');

test('SQL: statements, live results, errors at their place', async ({ page }) => {
  await open(page, '/sql');
  await editor(page).fill("CREATE TABLE t (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50', 'fields.n.min' = '0', 'fields.n.max' = '3');\nSELECT n, COUNT(*) AS c FROM t GROUP BY n;");
  await page.getByRole('button', { name: 'Run all' }).click();
  const rows = page.getByRole('region', { name: 'Rows' });
  await expect(rows.getByRole('row')).toHaveCount(5);
  await accessible(page);
  await page.getByRole('button', { name: 'changelog' }).click();
  await expect(page.getByRole('region', { name: 'Changes' })).toContainText('+U');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByText('stopped')).toBeVisible();
  await editor(page).fill('SELECT n,\n nope FROM t;');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText("Column 'nope' not found in any table").first()).toBeVisible();
  await expect(page.locator('.cm-lintRange-error')).toHaveText('nope');
});

test('submit, savepoint, stop and cancel', async ({ page }) => {
  await open(page, '/submit');
  await editor(page).fill(ORDERS.replace('orders per customer', 'second'));
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await page.getByRole('status').getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'second' })).toBeVisible();
  await expect(page.getByText('RUNNING', { exact: true }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Savepoint', exact: true }).click();
  await expect(page.getByText(/The savepoint is in file:/)).toBeVisible();
  await page.getByRole('button', { name: /Stop with savepoint/ }).click();
  await accessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Stop the job' }).click();
  await expect(page.getByText(/Stopped; the savepoint is in/)).toBeVisible();
  await expect(page.getByText('FINISHED', { exact: true }).first()).toBeVisible();
  const third = await cluster.submit(ORDERS.replace('orders per customer', 'third'));
  await open(page, `/job/${third}/graph`);
  await page.getByRole('button', { name: 'Cancel…' }).click();
  await page.getByRole('button', { name: 'Keep as it is' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.getByRole('button', { name: 'Cancel…' }).click();
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await expect(page.getByText('CANCELED', { exact: true }).first()).toBeVisible();
});

test('dark colours, a phone, and the first paint', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of ['/overview', `/job/${orders}/graph`, `/job/${orders}/checkpoints`, '/sql']) {
    await open(page, path);
    await expect(page.getByRole('heading').first()).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is not wider than the screen`).toBe(true);
    await accessible(page);
  }
  await page.getByRole('button', { name: 'Light colours' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});
