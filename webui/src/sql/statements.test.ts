import { describe, expect, test } from 'vitest';
import { offsetOf, placeOf, statementAt, statements } from './statements';

const texts = (script: string): string[] => statements(script).map((statement) => statement.text);

describe('a script is cut at the semicolons that end statements', () => {
  test.each([
    ['SELECT 1; SELECT 2', ['SELECT 1;', 'SELECT 2']],
    ["SELECT ';' ; SELECT `a;b`", ["SELECT ';' ;", 'SELECT `a;b`']],
    ["SELECT 'it''s; fine';", ["SELECT 'it''s; fine';"]],
    ['-- only; a comment\n', []],
    ['-- first\nSELECT 1;\n/* ; */ SELECT 2;', ['-- first\nSELECT 1;', '/* ; */ SELECT 2;']],
    ['SELECT /*+ OPTIONS(\'a\'=\'b;c\') */ 1', ["SELECT /*+ OPTIONS('a'='b;c') */ 1"]],
    [';;', []],
    ["SELECT 'open; text", ["SELECT 'open; text"]],
  ])('%j', (script, expected) => expect(texts(script)).toEqual(expected));
});

test('the statement at the cursor', () => {
  const script = 'SELECT 1;\nSELECT 2;\n';
  expect(statementAt(script, 3)?.text).toBe('SELECT 1;');
  expect(statementAt(script, 9)?.text).toBe('SELECT 1;');
  expect(statementAt(script, 12)?.text).toBe('SELECT 2;');
  expect(statementAt(script, script.length)?.text).toBe('SELECT 2;');
  expect(statementAt('', 0)).toBeUndefined();
});

test('places of errors', () => {
  expect(placeOf('SQL validation failed. From line 1, column 8 to line 2, column 11: Column')).toEqual({ from: { line: 1, column: 8 }, to: { line: 2, column: 11 } });
  expect(placeOf("unexpected 't' at line 1, column 14.")?.from).toEqual({ line: 1, column: 14 });
  expect(placeOf('no place')).toBeUndefined();
  const script = 'SELECT 1;\n\nSELECT a\nFRM t;';
  const second = statements(script)[1];
  if (!second) throw new Error('two statements');
  expect(script.slice(offsetOf(script, second, { line: 2, column: 1 }))).toBe('FRM t;');
  expect(offsetOf(script, second, { line: 99, column: 1 })).toBe(script.length);
});
