// What the page costs the browser: `npm run perf`. Figures are printed, not judged: they are those of this machine.
import { type CDPSession, expect, type Page, test } from '@playwright/test';
import { Cluster } from '../e2e/cluster';
import { JOB, type LargeJob, serveLargeJob } from './large-job';

const PARALLELISM = 64;

const median = (values: readonly number[], at = 0.5): number => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * at))] ?? NaN;
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const say = (text: string): void => console.log(`  ${text}`);

type Work = Record<'ScriptDuration' | 'LayoutDuration' | 'RecalcStyleDuration' | 'TaskDuration', number>;

async function work(session: CDPSession): Promise<Work> {
  const { metrics } = await session.send('Performance.getMetrics');
  const value = (name: string): number => 1000 * (metrics.find((metric) => metric.name === name)?.value ?? NaN);
  return { ScriptDuration: value('ScriptDuration'), LayoutDuration: value('LayoutDuration'), RecalcStyleDuration: value('RecalcStyleDuration'), TaskDuration: value('TaskDuration') };
}

/** Lengths of frames, and of tasks that held the page up for more than 50 ms, while something is done. */
async function frames(page: Page, during: () => Promise<void>): Promise<{ frames: number[]; long: number[] }> {
  await page.evaluate(() => {
    const seen = { frames: [] as number[], long: [] as number[], on: true };
    Object.assign(window, { seen });
    let last = performance.now();
    const frame = (now: number): void => {
      seen.frames.push(now - last);
      last = now;
      if (seen.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    new PerformanceObserver((list) => seen.long.push(...list.getEntries().map((entry) => entry.duration))).observe({ entryTypes: ['longtask'] });
  });
  await during();
  return page.evaluate(() => {
    const { seen } = window as unknown as { seen: { frames: number[]; long: number[]; on: boolean } };
    seen.on = false;
    return { frames: seen.frames.slice(1), long: seen.long };
  });
}

const told = ({ frames: lengths, long }: { frames: number[]; long: number[] }): string =>
  `${lengths.length} frames, median ${ms(median(lengths))}, p95 ${ms(median(lengths, 0.95))}, p99 ${ms(median(lengths, 0.99))}, longest ${ms(Math.max(...lengths))}; tasks over 50 ms: ${long.length}${long.length > 0 ? `, longest ${ms(Math.max(...long))}` : ''}`;

test.describe(`a job of 200 vertices at parallelism ${PARALLELISM}`, () => {
  let job: LargeJob;
  test.beforeAll(async () => {
    job = await serveLargeJob(PARALLELISM);
  });
  test.afterAll(() => job.close());

  test('opened, watched, moved and looked into', async ({ page }) => {
    test.setTimeout(120_000);
    const session = await page.context().newCDPSession(page);
    // Time of the CPU: what else the machine does is left out.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const began = Date.now();
    await page.goto(`${job.url}/#/job/${JOB}/graph`);
    await expect(page.locator('.graph .vertex')).toHaveCount(200);
    say(`shown after ${ms(Date.now() - began)}, of which the layout of the graph took ${ms(await page.evaluate(() => performance.getEntriesByName('layout')[0]?.duration ?? NaN))}`);
    // Figures come with the second report.
    await expect(page.locator('.graph .vertex').first()).toHaveAccessibleName(/busy \d+ %/);
    const polls = (): number => job.asked.get('jobs/:id') ?? 0;
    const [before, ticks] = [await work(session), polls()];
    const watched = await frames(page, () => page.waitForTimeout(20_000));
    const [after, rounds] = [await work(session), polls() - ticks];
    const each = (name: keyof Work): string => ms((after[name] - before[name]) / rounds);
    say(`watched for 20 s, ${rounds} polls; of the CPU a poll takes: scripts ${each('ScriptDuration')}, style ${each('RecalcStyleDuration')}, layout ${each('LayoutDuration')}, all tasks ${each('TaskDuration')}`);
    say(`watched: ${told(watched)}`);
    const box = await page.locator('.graph').boundingBox();
    if (!box) throw new Error('no graph');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const moved = await frames(page, async () => {
      for (let zoom = 0; zoom < 8; zoom += 1) await page.getByRole('button', { name: 'Zoom in' }).click();
      await page.mouse.move(x, box.y + 4);
      await page.mouse.down();
      for (let step = 0; step < 100; step += 1) await page.mouse.move(x + 250 * Math.sin(step / 15), y + 200 * Math.cos(step / 15));
      await page.mouse.up();
    });
    say(`zoomed and dragged: ${told(moved)}`);
    await page.getByRole('button', { name: 'Fit' }).click();
    let spent = await work(session);
    const since = async (): Promise<string> => {
      const [old, now] = [spent, await work(session)];
      spent = now;
      return `of the CPU scripts ${ms(now.ScriptDuration - old.ScriptDuration)}, style ${ms(now.RecalcStyleDuration - old.RecalcStyleDuration)}, layout ${ms(now.LayoutDuration - old.LayoutDuration)}, all tasks ${ms(now.TaskDuration - old.TaskDuration)}`;
    };
    const opened = await frames(page, async () => {
      await page.goto(`${job.url}/#/job/${JOB}/graph/${'3e9'.padStart(32, '0')}/subtasks`);
      await expect(page.getByRole('region', { name: 'Subtasks' }).getByRole('table')).toHaveAttribute('aria-rowcount', String(PARALLELISM + 1));
      await page.waitForTimeout(10_000);
    });
    say(`a vertex open for 10 s: ${told(opened)}; ${await since()}`);
    const timeline = await frames(page, async () => {
      await page.getByRole('link', { name: 'Timeline' }).click();
      await expect(page.locator('.timeline .row')).toHaveCount(200);
      await page.waitForTimeout(5000);
    });
    say(`the timeline for 5 s: ${told(timeline)}; ${await since()}`);
  });
});

test('first paint on loopback, of a browser that has nothing yet', async ({ browser }) => {
  test.skip(!process.env.FLINKRS, 'FLINKRS names no binary');
  test.setTimeout(120_000);
  const cluster = await Cluster.start();
  try {
    for (const path of ['/overview', '/sql']) {
      const paints: number[] = [];
      for (let round = 0; round < 11; round += 1) {
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(`${cluster.url}/#${path}`);
        await expect(page.getByRole('heading').first()).toBeVisible();
        paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN));
        await context.close();
      }
      // The first also starts a process of the browser.
      say(`first contentful paint of ${path}: median ${ms(median(paints.slice(1)))}, longest ${ms(Math.max(...paints))}`);
    }
  } finally {
    await cluster.end();
  }
});
