// Pictures of all pages, to be looked at: `make screenshots`. They go to target/webui-shots; two of them are those of the README.
import { expect, type Page, test } from '@playwright/test';
import { join } from 'node:path';
import { Cluster, PATIENCE } from '../e2e/cluster';
import { FAILS, ORDERS, SLOW_KEY, STUCK } from '../e2e/jobs';

const ALL = join(import.meta.dirname, '../../target/webui-shots');
const README = join(import.meta.dirname, '../../docs/images');

const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1400, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1400, height: 900 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const;

interface Shown {
  name: string;
  path: string;
  shows: string | RegExp;
  /** Under `docs/images`. */
  readme?: string;
  first?: (page: Page) => Promise<void>;
}

test('pictures of all pages', async ({ browser }) => {
  test.setTimeout(900_000);
  const cluster = await Cluster.start({ taskmanagers: 2, slots: 8 });
  try {
    const failed = await cluster.submit(FAILS);
    const orders = await cluster.submit(ORDERS);
    const slow = await cluster.submit(SLOW_KEY);
    const stuck = await cluster.submit(STUCK);
    const vertexOf = async (job: string, name: string): Promise<string> => (await cluster.get<{ vertices: { id: string; name: string }[] }>(`/jobs/${job}`)).vertices.find((vertex) => vertex.name.includes(name))?.id ?? '';
    const aggregate = await vertexOf(slow, 'GroupAggregate');
    const source = await vertexOf(orders, 'Source');
    const { taskmanagers } = await cluster.get<{ taskmanagers: { id: string }[] }>('/taskmanagers');
    const manager = encodeURIComponent(taskmanagers[0]?.id ?? '');
    const sql = async (page: Page): Promise<void> => {
      await page.locator('.cm-content').fill("CREATE TABLE orders (customer INT, price DOUBLE) WITH ('connector' = 'datagen', 'rows-per-second' = '50', 'fields.customer.min' = '1', 'fields.customer.max' = '5', 'fields.price.min' = '1', 'fields.price.max' = '100');\n\nSELECT customer, COUNT(*) AS orders, SUM(price) AS total FROM orders GROUP BY customer;");
      await page.getByRole('button', { name: 'Run all' }).click();
      await expect(page.getByRole('region', { name: 'Rows' }).getByRole('row')).toHaveCount(6, { timeout: PATIENCE });
    };
    const pages: Shown[] = [
      { name: 'graph-slow-key', path: `/job/${slow}/graph/${aggregate}`, shows: /Rows read: subtask/, readme: 'webui-graph.png', first: async (page) => { await expect(page.getByText(/busy \d+ %/).first()).toBeVisible({ timeout: PATIENCE }); await expect(page.getByRole('cell', { name: /^in / }).first()).toBeVisible(); } },
      { name: 'overview', path: '/overview', shows: 'Running jobs' },
      { name: 'jobs', path: '/jobs', shows: 'fails' },
      { name: 'graph', path: `/job/${orders}/graph`, shows: /back-pressured: waits/ },
      { name: 'over-time', path: `/job/${slow}/graph/${aggregate}/time`, shows: 'Rows a second', first: (page) => page.waitForTimeout(8000) },
      { name: 'watermarks', path: `/job/${orders}/graph/${source}/watermarks`, shows: 'The lowest counts' },
      { name: 'metrics', path: `/job/${orders}/graph/${source}/metrics`, shows: 'numRecordsOutPerSecond' },
      { name: 'plan', path: `/job/${orders}/graph/${source}/plan`, shows: 'Source: orders' },
      { name: 'why', path: `/job/${slow}/why`, shows: /is the bottleneck/ },
      { name: 'why-stuck', path: `/job/${stuck}/why`, shows: /does not get done/ },
      { name: 'checkpoints', path: `/job/${orders}/checkpoints`, shows: 'Summary of the complete ones', readme: 'webui-checkpoints.png' },
      { name: 'checkpoint-stuck', path: `/job/${stuck}/checkpoints/1/${await vertexOf(stuck, 'GroupAggregate')}`, shows: 'Start delay' },
      { name: 'exceptions', path: `/job/${failed}/exceptions`, shows: /by zero/ },
      { name: 'no-exceptions', path: `/job/${orders}/exceptions`, shows: 'Nothing has failed' },
      { name: 'timeline', path: `/job/${orders}/timeline/${source}`, shows: 'Subtasks of' },
      { name: 'configuration', path: `/job/${orders}/configuration`, shows: 'Restarts' },
      { name: 'taskmanagers', path: '/task-manager', shows: 'Data port' },
      { name: 'taskmanager', path: `/task-manager/${manager}/memory`, shows: 'Channels without credit' },
      { name: 'slots', path: `/task-manager/${manager}/slots`, shows: /slots are/ },
      { name: 'threads', path: `/task-manager/${manager}/threads`, shows: 'All that is known' },
      { name: 'logs', path: `/task-manager/${manager}/logs`, shows: 'lines' },
      { name: 'jobmanager', path: '/job-manager', shows: 'high-availability.type' },
      { name: 'sql', path: '/sql', shows: 'Ctrl+Enter', first: sql },
      { name: 'submit', path: '/submit', shows: 'Savepoint or checkpoint' },
    ];
    const looks = await Promise.all(LOOKS.map(async ({ name, ...options }) => ({ look: name, context: await browser.newContext(options) })));
    // Page by page, not look by look: what a page is to show may be over in a minute.
    for (const { name, path, shows, readme, first } of pages) {
      for (const { look, context } of looks) {
        const page = await context.newPage();
        await page.goto(`${cluster.url}/#${path}`);
        await expect(page.getByText(shows).first(), path).toBeAttached({ timeout: PATIENCE });
        await first?.(page);
        await page.screenshot({ path: join(ALL, `${name}-${look}.png`), fullPage: true });
        if (readme !== undefined && look === 'light') await page.screenshot({ path: join(README, readme) });
        await page.close();
      }
    }
    await Promise.all(looks.map(({ context }) => context.close()));
  } finally {
    await cluster.end();
  }
});
