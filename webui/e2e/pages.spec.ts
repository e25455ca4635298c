// Every page and action, against one cluster with a job that runs well and one that has failed.
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { Cluster, PATIENCE, until } from './cluster';
import { FAILS, ORDERS } from './jobs';

let cluster: Cluster;
let orders: string;
let failed: string;
/** Has one checkpoint, which stays in its history. */
let settled: string;

test.beforeAll(async () => {
  cluster = await Cluster.start({ taskmanagers: 2 });
  failed = await cluster.submit(FAILS);
  orders = await cluster.submit(ORDERS);
  settled = await cluster.submit(ORDERS.replace('orders per customer', 'settled').replace("'2 s'", "'1 h'"));
  for (const job of [orders, settled]) await cluster.state(job, 'RUNNING');
  await cluster.state(failed, 'FAILED');
  await until('the settled job has a checkpoint', async () => {
    const { counts } = await cluster.get<{ counts: { completed: number; in_progress: number } }>(`/jobs/${settled}/checkpoints`);
    // One that is asked for before all tasks run fails.
    if (counts.completed + counts.in_progress === 0) await fetch(`${cluster.url}/jobs/${settled}/checkpoints`, { method: 'POST', body: '{"checkpointType":"CONFIGURED"}' });
    return counts.completed > 0 ? true : undefined;
  });
});
test.afterAll(() => cluster?.end());

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

async function accessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(' | ')}`), where).toEqual([]);
}

/** All pages by their addresses, each with something that only it shows. */
async function pages(): Promise<[string, RegExp][]> {
  const { vertices } = await cluster.get<{ vertices: { id: string; name: string }[] }>(`/jobs/${orders}`);
  const source = vertices.find((vertex) => vertex.name.startsWith('Source'))?.id ?? '';
  const settledSource = (await cluster.get<{ vertices: { id: string; name: string }[] }>(`/jobs/${settled}`)).vertices.find((vertex) => vertex.name.startsWith('Source'))?.id ?? '';
  const { taskmanagers } = await cluster.get<{ taskmanagers: { id: string }[] }>('/taskmanagers');
  const { latest } = await cluster.get<{ latest: { completed: { id: number } | null } }>(`/jobs/${settled}/checkpoints`);
  const manager = encodeURIComponent(taskmanagers[0]?.id ?? '');
  return [
    ['/overview', /Running jobs/],
    ['/jobs', /orders per customer/],
    [`/job/${orders}/graph`, /back-pressured: waits/],
    [`/job/${orders}/graph/${source}/subtasks`, /TaskManager/],
    [`/job/${orders}/graph/${source}/time`, /Rows a second/],
    [`/job/${orders}/graph/${source}/watermarks`, /The lowest counts/],
    [`/job/${orders}/graph/${source}/metrics`, /numRecordsOutPerSecond/],
    [`/job/${orders}/graph/${source}/flame`, /Flame graphs are off/],
    [`/job/${orders}/graph/${source}/plan`, /Source: orders/],
    [`/job/${orders}/why`, /Nothing holds back the throughput/],
    [`/job/${orders}/checkpoints`, /Summary of the complete ones/],
    [`/job/${settled}/checkpoints/${latest.completed?.id}/${settledSource}`, /Start delay/],
    [`/job/${orders}/exceptions`, /Nothing has failed/],
    [`/job/${failed}/exceptions`, /by zero/],
    [`/job/${orders}/timeline/${source}`, /Subtasks of Source: orders/],
    [`/job/${orders}/configuration`, /execution\.checkpointing\.interval/],
    ['/task-manager', /Data port/],
    [`/task-manager/${manager}/memory`, /State on disk/],
    [`/task-manager/${manager}/slots`, /slots are/],
    [`/task-manager/${manager}/metrics`, /Status\.State\.SizeOnDisk/],
    [`/task-manager/${manager}/threads`, /All that is known/],
    [`/task-manager/${manager}/logs`, /lines/],
    ['/job-manager/configuration', /high-availability\.type/],
    ['/job-manager/metrics', /taskSlotsTotal/],
    ['/job-manager/threads', /All that is known/],
    ['/job-manager/logs', /lines/],
    ['/sql', /Ctrl\+Enter/],
    ['/submit', /Savepoint or checkpoint to start from/],
  ];
}

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1400, height: 900 };

test('each page has an address that is kept over a reload, fits a phone, and keeps nobody out, light or dark', async ({ page }) => {
  test.slow();
  await expect(async () => expect((await cluster.get<{ counts: { completed: number } }>(`/jobs/${orders}/checkpoints`)).counts.completed).toBeGreaterThan(0)).toPass({ timeout: PATIENCE });
  const all = await pages();
  for (const [path, shows] of all) {
    // The address alone: nothing of the page before is left.
    await page.goto('about:blank');
    await page.emulateMedia({ colorScheme: 'light' });
    await open(page, path);
    await expect(page.getByText(shows).first(), `${path} shows ${String(shows)}`).toBeVisible({ timeout: PATIENCE });
    await accessible(page, `${path}, light`);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await accessible(page, `${path}, dark`);
    await page.reload();
    await expect(page.getByText(shows).first(), `${path} shows ${String(shows)} when it is loaded again`).toBeVisible({ timeout: PATIENCE });
    // On a phone nothing is wider than the screen.
    await page.setViewportSize(PHONE);
    await expect(async () => expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is not wider than the screen`).toBe(true)).toPass({ timeout: PATIENCE });
    await page.setViewportSize(DESK);
  }
});

test('back and forward lead through the pages', async ({ page }) => {
  await open(page, '/overview');
  await page.getByRole('link', { name: 'orders per customer' }).first().click();
  await page.getByRole('link', { name: 'Checkpoints' }).click();
  await expect(page.getByRole('heading', { name: 'History' })).toBeVisible();
  await page.getByRole('region', { name: 'History of checkpoints' }).getByRole('link').first().click();
  await expect(page.getByRole('heading', { name: /^Checkpoint \d+$/ })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: /^Checkpoint \d+$/ })).toBeHidden();
  await page.goBack();
  await expect(page.getByRole('button', { name: /Source: orders/ })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await page.goForward();
  await expect(page.getByRole('button', { name: /Source: orders/ })).toBeVisible();
});

test('overview: slots and jobs, and a way to each', async ({ page }) => {
  await open(page, '/overview');
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await expect(page.getByText('4 of 8')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Running jobs' }).last().getByRole('link', { name: 'orders per customer' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'fails' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Group of JobManagers' })).toContainText('leader');
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
  await expect(source).toContainText(/wm [\d.]+ /);
  await expect(page.getByRole('button', { name: /GlobalWindowAggregate/ })).toContainText(/wm [\d.]+ /);
  // On the edges too.
  await expect(page.locator('.graph .edge').first()).toContainText(/\/s wm [\d.]+ /);
  await expect(page.getByRole('region', { name: 'Vertices' }).getByRole('row', { name: /Source: orders/ })).toContainText('RUNNING');
  // By the keyboard.
  await source.focus();
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('complementary', { name: /Source: orders/ });
  await expect(drawer.getByRole('table')).toContainText('RUNNING');
  await expect(drawer.getByRole('cell', { name: /^(waiting for input|in )/ }).first()).toBeVisible();
  await drawer.getByRole('link', { name: 'Over time' }).click();
  await expect(drawer.getByRole('img', { name: 'Rows a second' }).locator('canvas')).toBeVisible();
  await expect(drawer.getByRole('img', { name: 'Busy and back-pressured time' }).locator('canvas')).toBeVisible();
  await drawer.getByRole('link', { name: 'Metrics' }).click();
  await drawer.getByRole('searchbox').fill('numRecordsOut');
  await expect(drawer.getByRole('cell', { name: 'numRecordsOut', exact: true })).toBeVisible();
  await drawer.getByRole('link', { name: 'Close the vertex' }).click();
  await expect(drawer).toBeHidden();
});

test('checkpoints: history, parts, buttons', async ({ page }) => {
  await open(page, `/job/${orders}/checkpoints`);
  await expect(page.getByRole('img', { name: 'Duration and size of checkpoints' }).locator('canvas')).toBeVisible();
  await page.getByRole('button', { name: 'Take a checkpoint' }).click();
  await expect(page.getByText(/Checkpoint \d+ is complete/)).toBeVisible({ timeout: PATIENCE });
  await page.getByRole('button', { name: 'Take a savepoint' }).click();
  await expect(page.getByText(/The savepoint is in file:/)).toBeVisible({ timeout: PATIENCE });
  const history = page.getByRole('region', { name: 'History of checkpoints' });
  await history.getByRole('row', { name: /savepoint/ }).getByRole('link').first().click();
  await page.getByRole('region', { name: 'Vertices of the checkpoint' }).getByRole('link', { name: /GroupAggregate/ }).click();
  const parts = page.getByRole('region', { name: /Subtasks of GroupAggregate/ });
  for (const part of ['Start delay', 'Alignment', 'Sync', 'Async', 'Stored']) await expect(parts.getByRole('columnheader', { name: part, exact: true })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Configuration of checkpoints' })).toContainText('2.0 s');
  // The savepoint is deleted when that is confirmed, and only then.
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Keep as it is' }).click();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete the savepoint' }).click();
  await expect(page.getByText(/The savepoint file:.* is deleted/)).toBeVisible({ timeout: PATIENCE });
});

test('TaskManagers: memory, state on disk, credits; logs with search and follow', async ({ page }) => {
  await open(page, '/task-manager');
  await page.getByRole('region', { name: 'TaskManagers' }).getByRole('link').first().click();
  await expect(page.getByText('Of the process')).toBeVisible();
  await expect(page.getByText('Channels without credit')).toBeVisible();
  await expect(page.getByText('Batches waiting at inputs')).toBeVisible();
  // RocksDB has written by now, in one of the two.
  const disks = async (): Promise<number> => {
    const [largest] = await cluster.get<{ max: number }[]>('/taskmanagers/metrics?get=Status.State.SizeOnDisk');
    return largest?.max ?? 0;
  };
  await expect(async () => expect(await disks()).toBeGreaterThan(0)).toPass({ timeout: PATIENCE });
  await page.getByRole('link', { name: 'Logs' }).click();
  const log = page.getByRole('region', { name: /^Log / });
  await expect(log).toContainText('INFO');
  await page.getByRole('searchbox', { name: 'Find' }).fill('registered');
  await expect(log.locator('mark').first()).toHaveText(/registered/i);
  await expect(page.getByRole('checkbox', { name: 'Follow' })).toBeChecked();
});

test('the log is followed while it grows', async ({ page }) => {
  await open(page, '/job-manager/logs');
  const lines = page.getByText(/[\d,]+ of [\d,]+ lines/);
  const before = await lines.textContent();
  const job = await cluster.submit(ORDERS.replace('orders per customer', 'logged'));
  await expect(lines).not.toHaveText(before ?? '', { timeout: PATIENCE });
  const log = page.getByRole('region', { name: /^Log / });
  await expect(async () => expect(await log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)).toBeLessThan(40)).toPass();
  await open(page, `/job/${job}/graph`);
  await page.getByRole('button', { name: 'Cancel…' }).click();
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await expect(page.getByText('CANCELED', { exact: true }).first()).toBeVisible({ timeout: PATIENCE });
});

const editor = (page: Page): ReturnType<Page['locator']> => page.locator('.cm-content');

test('SQL: statements, live results, errors at their place', async ({ page }) => {
  await open(page, '/sql');
  await editor(page).fill("CREATE TABLE t (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50', 'fields.n.min' = '0', 'fields.n.max' = '3');\nSELECT n, COUNT(*) AS c FROM t GROUP BY n;");
  await page.getByRole('button', { name: 'Run all' }).click();
  const rows = page.getByRole('region', { name: 'Rows' });
  await expect(rows.getByRole('row')).toHaveCount(5, { timeout: PATIENCE });
  await page.getByRole('button', { name: 'changelog' }).click();
  await expect(page.getByRole('region', { name: 'Changes' })).toContainText('+U');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByText('stopped', { exact: true })).toBeVisible();
  await editor(page).fill('SELECT n,\n nope FROM t;');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText("Column 'nope' not found in any table").first()).toBeVisible();
  await expect(page.locator('.cm-lintRange-error')).toHaveText('nope');
});

test('SQL: completion, and statements that are kept', async ({ page }) => {
  await open(page, '/sql');
  await editor(page).fill("CREATE TABLE shipments (n BIGINT) WITH ('connector' = 'datagen');");
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Done.')).toBeVisible({ timeout: PATIENCE });
  await editor(page).fill('SELECT * FROM ship');
  await page.keyboard.press('End');
  await page.keyboard.press('Control+Space');
  await expect(page.getByRole('option', { name: /shipments/ })).toBeVisible();
  // The editor takes no key for an answer to a list that has only just come up.
  await page.waitForTimeout(200);
  await page.keyboard.press('Enter');
  await expect(editor(page)).toHaveText(/shipments/);
  await page.getByRole('button', { name: 'Keep', exact: true }).click();
  await editor(page).fill('SELECT 1;');
  await page.reload();
  await expect(editor(page)).toHaveText('SELECT 1;');
  await page.getByText('Kept statements (1)').click();
  await page.getByRole('button', { name: /^SELECT \* FROM/ }).click();
  await expect(editor(page)).toHaveText(/shipments/);
  await page.getByRole('button', { name: /^Forget / }).click();
  await expect(page.getByText(/Kept statements/)).toHaveCount(0);
});

test('submit, savepoint, rescale, stop and cancel', async ({ page }) => {
  await open(page, '/submit');
  await editor(page).fill(ORDERS.replace('orders per customer', 'second'));
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await page.getByRole('status').getByRole('link').click({ timeout: PATIENCE });
  await expect(page.getByRole('heading', { name: 'second' })).toBeVisible();
  const state = page.getByRole('region', { name: 'Job', exact: true });
  await expect(state.getByText('RUNNING', { exact: true })).toBeVisible({ timeout: PATIENCE });
  await page.getByRole('button', { name: 'Savepoint', exact: true }).click();
  await expect(page.getByText(/The savepoint is in file:/)).toBeVisible({ timeout: PATIENCE });
  await page.getByRole('button', { name: 'Rescale…' }).click();
  await page.getByRole('spinbutton', { name: /^Parallelism/ }).fill('3');
  await accessible(page, 'the question before a job is rescaled');
  await page.getByRole('dialog').getByRole('button', { name: 'Rescale the job' }).click();
  await expect(page.getByText(/The job goes on at parallelism 3/)).toBeVisible({ timeout: PATIENCE });
  await expect(page.getByRole('button', { name: /GroupAggregate/ }).first()).toContainText('parallelism 3', { timeout: PATIENCE });
  await expect(state.getByText('RUNNING', { exact: true })).toBeVisible({ timeout: PATIENCE });
  await page.getByRole('button', { name: /Stop with savepoint/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop the job' }).click();
  await expect(page.getByText(/Stopped; the savepoint is in/)).toBeVisible({ timeout: PATIENCE });
  await expect(state.getByText('FINISHED', { exact: true })).toBeVisible({ timeout: PATIENCE });
  const third = await cluster.submit(ORDERS.replace('orders per customer', 'third'));
  await open(page, `/job/${third}/graph`);
  await page.getByRole('button', { name: 'Cancel…' }).click();
  await page.getByRole('button', { name: 'Keep as it is' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.getByRole('button', { name: 'Cancel…' }).click();
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await expect(state.getByText('CANCELED', { exact: true })).toBeVisible({ timeout: PATIENCE });
});

test('light or dark as somebody chooses', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await open(page, '/overview');
  await page.getByRole('button', { name: 'Light colours' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});
