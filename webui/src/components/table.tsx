// A table that sorts, and draws only the rows that are seen when there are many.
import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';

export interface Column<Row> {
  name: string;
  cell: (row: Row) => ComponentChildren;
  /** What it is sorted by; without it the column does not sort. */
  by?: (row: Row) => number | string;
  /** Numbers stand right. */
  right?: boolean;
}

const ROW = 36;
/** Above this many, rows out of sight are not drawn. */
const MANY = 50;
const SPARE = 8;

export function Table<Row>({ label, columns, rows, id, sort, selected }: { label: string; columns: readonly Column<Row>[]; rows: readonly Row[]; id: (row: Row) => string | number; sort?: [string, 'asc' | 'desc']; selected?: string | number | undefined }): JSX.Element {
  const [order, setOrder] = useState<[string, 'asc' | 'desc'] | undefined>(sort);
  const [top, setTop] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const sorted = useMemo(() => {
    const by = order && columns.find((column) => column.name === order[0])?.by;
    if (!by) return rows;
    const sign = order[1] === 'asc' ? 1 : -1;
    return [...rows].sort((a, b) => {
      const [x, y] = [by(a), by(b)];
      return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)));
    });
  }, [rows, order, columns]);
  const many = sorted.length > MANY;
  const height = box.current?.clientHeight ?? 600;
  const from = many ? Math.max(0, Math.floor(top / ROW) - SPARE) : 0;
  const to = many ? Math.min(sorted.length, from + Math.ceil(height / ROW) + 2 * SPARE) : sorted.length;
  const turn = (name: string): void => setOrder((old) => (old?.[0] === name && old[1] === 'desc' ? [name, 'asc'] : [name, 'desc']));
  return (
    <div class={`table${many ? ' many' : ''}`} ref={box} tabIndex={0} role="region" aria-label={label} onScroll={many ? (event) => setTop(event.currentTarget.scrollTop) : undefined}>
      <table aria-rowcount={sorted.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={column.right ? 'right' : ''} aria-sort={order?.[0] === column.name ? (order[1] === 'asc' ? 'ascending' : 'descending') : undefined}>
                {column.by ? (
                  <button type="button" onClick={() => turn(column.name)}>
                    {column.name}
                    <span aria-hidden="true">{order?.[0] === column.name ? (order[1] === 'asc' ? ' ▲' : ' ▼') : ''}</span>
                  </button>
                ) : (
                  column.name
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {from > 0 && <tr class="space" style={{ height: `${from * ROW}px` }} aria-hidden="true" />}
          {sorted.slice(from, to).map((row, index) => (
            <tr key={id(row)} aria-rowindex={from + index + 2} class={selected === id(row) ? 'selected' : ''}>
              {columns.map((column) => (
                <td key={column.name} class={column.right ? 'right' : ''}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {to < sorted.length && <tr class="space" style={{ height: `${(sorted.length - to) * ROW}px` }} aria-hidden="true" />}
        </tbody>
      </table>
    </div>
  );
}
