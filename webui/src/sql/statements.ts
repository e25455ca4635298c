// Cuts a script into statements at the semicolons that end them, as the gateway takes one at a time.

export interface Statement {
  text: string;
  /** Where it begins in the script. */
  from: number;
  to: number;
}

/** The statements of a script; comments and texts may have semicolons. What is only a comment is none. */
export function statements(script: string): Statement[] {
  const found: Statement[] = [];
  let begin = 0;
  let i = 0;
  let meaningful = false;
  const end = (at: number): void => {
    if (meaningful) {
      const raw = script.slice(begin, at);
      const lead = raw.length - raw.trimStart().length;
      found.push({ text: raw.trim(), from: begin + lead, to: at });
    }
    begin = at;
    meaningful = false;
  };
  while (i < script.length) {
    const c = script[i];
    const two = script.slice(i, i + 2);
    if (two === '--') {
      const newline = script.indexOf('\n', i);
      i = newline < 0 ? script.length : newline;
    } else if (two === '/*') {
      const close = script.indexOf('*/', i + 2);
      // A hint is a part of its statement; a comment before a statement is none.
      if (script[i + 2] === '+') meaningful = true;
      i = close < 0 ? script.length : close + 2;
    } else if (c === "'" || c === '"' || c === '`') {
      const close = script.indexOf(c, i + 1);
      meaningful = true;
      i = close < 0 ? script.length : close + 1;
    } else if (c === ';') {
      i += 1;
      end(i);
      begin = i;
    } else {
      if (c !== undefined && /\S/.test(c)) meaningful = true;
      i += 1;
    }
  }
  end(script.length);
  return found;
}

/** The statement that the cursor is in, or behind. */
export function statementAt(script: string, position: number): Statement | undefined {
  const all = statements(script);
  return all.find((statement) => position <= statement.to) ?? all[all.length - 1];
}

/** Where an error is, as Flink says it: `From line 1, column 8 to line 1, column 11` or `at line 2, column 5`. */
export interface Place {
  from: { line: number; column: number };
  to: { line: number; column: number };
}

export function placeOf(message: string): Place | undefined {
  const range = /from line (\d+), column (\d+) to line (\d+), column (\d+)/i.exec(message);
  if (range) return { from: { line: Number(range[1]), column: Number(range[2]) }, to: { line: Number(range[3]), column: Number(range[4]) } };
  const point = /(?:at )?line (\d+),? column (\d+)/i.exec(message);
  if (!point) return undefined;
  const at = { line: Number(point[1]), column: Number(point[2]) };
  return { from: at, to: at };
}

/** The offset in the script of a place in one of its statements. */
export function offsetOf(script: string, statement: Statement, place: { line: number; column: number }): number {
  const text = script.slice(statement.from, statement.to);
  const lines = text.split('\n');
  const before = lines.slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  return Math.min(statement.from + before + Math.max(0, place.column - 1), statement.to);
}
