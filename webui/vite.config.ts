import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import preact from '@preact/preset-vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Beside each larger text file a compressed one, which the JobManager serves to browsers that take it. */
function gzip(): Plugin {
  return {
    name: 'gzip',
    apply: 'build',
    // What is written is final; other plugins still change the bundle after this one has seen it.
    writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle)) {
        const source = readFileSync(join(dir, name));
        if (source.length >= 2048) writeFileSync(join(dir, `${name}.gz`), gzipSync(source, { level: 9 }));
      }
    },
  };
}

/** A JobManager for `npm run dev`. */
const backend = process.env.FLINKRS_REST ?? 'http://127.0.0.1:8081';
const proxied = ['/overview', '/config', '/jobs', '/taskmanagers', '/jobmanager', '/applications', '/jars', '/sql-gateway', '/v1'];

export default defineConfig({
  plugins: [preact(), gzip()],
  base: './',
  build: { outDir: 'dist/app', emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } },
  server: { host: '127.0.0.1', proxy: Object.fromEntries(proxied.map((path) => [path, backend])) },
  test: { include: ['src/**/*.test.ts', 'src/**/*.test.tsx'], environment: 'node' },
});
