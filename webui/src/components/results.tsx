// Results of a statement: as a table that changes, or as the changes themselves.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { count, plural } from '../format';
import { type Cell, SIGNS } from '../sql/materialize';
import type { QueryResult } from '../sql/result';
import { type Column, Table } from './table';

/** Rows of the table that are drawn. */
const ROWS = 5000;
const NUMBERS = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL']);

const show = (cell: Cell | undefined): JSX.Element | string => (cell === null || cell === undefined ? <span class="soft">NULL</span> : cell);
const by = (cell: Cell | undefined, numeric: boolean): number | string => (cell === null || cell === undefined ? (numeric ? -Infinity : '') : numeric ? Number(cell) : cell);

type Numbered = QueryResult['changes'][number];

export function Results({ result, running }: { result: QueryResult; running: boolean }): JSX.Element {
  const [mode, setMode] = useState<'table' | 'changelog'>('table');
  if (result.columns.length === 0) return <p class="soft">{running ? 'Running…' : 'Done.'}</p>;
  // A plan, or the text of CREATE TABLE: one cell that is a text of lines.
  const only = result.changes[0]?.change.fields;
  if (!result.isQuery && result.received === 1 && only?.length === 1 && (only[0] ?? '').includes('\n')) return <pre tabIndex={0}>{only[0]}</pre>;
  if (!result.isQuery && result.job !== undefined) {
    return (
      <p>
        The job <a href={`#/job/${result.job}/graph`}><code>{result.job}</code></a> has been submitted.
      </p>
    );
  }
  if (!result.content && !result.isQuery) return <p>Done.</p>;
  const columns = <Row,>(fields: (row: Row) => Cell[]): Column<Row>[] =>
    result.columns.map((column, index) => {
      const numeric = NUMBERS.has(column.logicalType.type);
      return { name: column.name, right: numeric, cell: (row: Row) => show(fields(row)[index]), by: (row: Row) => by(fields(row)[index], numeric) };
    });
  const rows = result.table.first(ROWS).map((fields, index) => ({ fields, index }));
  return (
    <>
      <div class="actions">
        {result.isQuery &&
          (['table', 'changelog'] as const).map((one) => (
            <button key={one} type="button" aria-pressed={mode === one} onClick={() => setMode(one)}>
              {one}
            </button>
          ))}
        <span class="soft" role="status">
          {plural(result.table.size, 'row')}
          {result.isQuery && `, ${plural(result.received, 'change')} received${running ? ' so far' : ''}`}
          {result.table.size > ROWS && `; the first ${count(ROWS)} are shown`}
        </span>
        {result.isQuery && result.job !== undefined && <a href={`#/job/${result.job}/graph`}>its job</a>}
      </div>
      {mode === 'table' ? (
        <Table label="Rows" rows={rows} id={(row) => row.index} columns={columns<{ fields: Cell[]; index: number }>((row) => row.fields)} />
      ) : (
        <Table<Numbered>
          label="Changes, newest first"
          rows={[...result.changes].reverse()}
          id={(row: Numbered) => row.number}
          columns={[
            { name: 'op', cell: (row: Numbered) => <span class={`op ${SIGNS[row.change.kind].startsWith('+') ? 'plus' : 'minus'}`}>{SIGNS[row.change.kind]}</span>, by: (row: Numbered) => row.number },
            ...columns<Numbered>((row) => row.change.fields),
          ]}
        />
      )}
    </>
  );
}
