import { expect, test } from 'vitest';
import { type Change, Materialized } from './materialize';

const change = (kind: Change['kind'], ...fields: (string | null)[]): Change => ({ kind, fields });

test('a changelog becomes the rows that are there', () => {
  const table = new Materialized();
  for (const one of [change('INSERT', 'a', '1'), change('UPDATE_BEFORE', 'a', '1'), change('UPDATE_AFTER', 'a', '2'), change('INSERT', 'b', null), change('INSERT', 'b', null), change('DELETE', 'b', null)]) table.apply(one);
  expect(table.first(10)).toEqual([['a', '2'], ['b', null]]);
  expect(table.size).toBe(2);
});

test('a row that is not there cannot be taken away, and equal rows are counted', () => {
  const table = new Materialized();
  table.apply(change('DELETE', 'x'));
  expect(table.size).toBe(0);
  for (let i = 0; i < 3; i += 1) table.apply(change('INSERT', 'x'));
  expect(table.first(2)).toHaveLength(2);
  expect(table.size).toBe(3);
});
