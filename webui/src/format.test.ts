import { expect, test } from 'vitest';
import { bytes, duration, percent, plural, rate, time } from './format';

test('figures for people', () => {
  expect(duration(12)).toBe('12 ms');
  expect(duration(3200)).toBe('3.2 s');
  expect(duration(125_000)).toBe('2 min 5 s');
  expect(duration(7_500_000)).toBe('2 h 5 min');
  expect(duration(-1)).toBe('–');
  expect(bytes(1536)).toBe('1.5 KiB');
  expect(bytes(124 * 1024)).toBe('124 KiB');
  expect(rate(15_800)).toBe('15.8K/s');
  expect(rate(0.25)).toBe('0.3/s');
  expect(rate(undefined)).toBe('–');
  expect(percent(0.634)).toBe('63 %');
  expect(plural(1, 'vertex', 'vertices')).toBe('1 vertex');
  expect(time(-1)).toBe('–');
});
