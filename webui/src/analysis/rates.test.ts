import { expect, test } from 'vitest';
import type { JobDetails } from '../rest/types.gen';
import { rates } from './rates';

const job = (metrics: Partial<Record<string, number | 'NaN'>>, parallelism = 2): JobDetails =>
  ({ vertices: [{ id: 'v', parallelism, metrics: { 'accumulated-busy-time': 0, 'accumulated-idle-time': 0, 'accumulated-backpressured-time': 0, 'read-records': 0, 'write-records': 0, 'read-bytes': 0, 'write-bytes': 0, ...metrics } }] }) as unknown as JobDetails;

test('time that was measured is the time that has passed', () => {
  const before = job({ 'accumulated-busy-time': 1000, 'accumulated-idle-time': 1000, 'read-records': 100 });
  const after = job({ 'accumulated-busy-time': 4000, 'accumulated-idle-time': 2000, 'read-records': 1100 });
  // Two subtasks had 4 s of time between them, so 2 s have passed.
  expect(rates(before, after).get('v')).toMatchObject({ busy: 0.75, idle: 0.25, backPressured: 0, in: 500 });
});

test('what was not measured again has no rate', () => {
  expect(rates(job({ 'accumulated-busy-time': 5 }), job({ 'accumulated-busy-time': 5 })).size).toBe(0);
});

test('counters begin anew after a restart', () => {
  const after = job({ 'accumulated-busy-time': 1000, 'accumulated-idle-time': 1000, 'read-records': 50 });
  expect(rates(job({ 'accumulated-busy-time': 90_000, 'accumulated-idle-time': 9000, 'read-records': 9999 }), after).get('v')).toMatchObject({ busy: 0.5, in: 50 });
});

test('a task that cannot tell how busy it is', () => {
  const after = job({ 'accumulated-busy-time': 'NaN', 'accumulated-idle-time': 2000, 'write-records': 10 });
  expect(rates(job({ 'accumulated-busy-time': 'NaN' }), after).get('v')).toMatchObject({ busy: 0, idle: 1, out: 10 });
});
