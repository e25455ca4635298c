// Real clusters, started by the tests, and headless Chromium: end-to-end tests, what the page costs, pictures.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  // Two cores have a cluster, a browser and the tests.
  workers: 1,
  // Limits, not waits: a machine that does much else takes its time.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  maxFailures: 3,
  reporter: [['list']],
  outputDir: '../target/webui-e2e',
  projects: [
    { name: 'e2e', testDir: 'e2e' },
    { name: 'perf', testDir: 'perf' },
    { name: 'shots', testDir: 'shots' },
  ],
  use: {
    viewport: { width: 1400, height: 900 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    },
  },
});
