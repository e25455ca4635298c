// A changelog as a table: each change takes rows away or adds one.

export type Kind = 'INSERT' | 'UPDATE_BEFORE' | 'UPDATE_AFTER' | 'DELETE';
export type Cell = string | null;

export interface Change {
  kind: Kind;
  fields: Cell[];
}

export const SIGNS: Record<Kind, string> = { INSERT: '+I', UPDATE_BEFORE: '-U', UPDATE_AFTER: '+U', DELETE: '-D' };

/** Rows as they are now, with how often each is there; in the order in which they came. */
export class Materialized {
  private readonly rows = new Map<string, { fields: Cell[]; times: number }>();
  private total = 0;

  apply(change: Change): void {
    const key = JSON.stringify(change.fields);
    const row = this.rows.get(key);
    if (change.kind === 'INSERT' || change.kind === 'UPDATE_AFTER') {
      if (row) row.times += 1;
      else this.rows.set(key, { fields: change.fields, times: 1 });
      this.total += 1;
    } else if (row) {
      row.times -= 1;
      this.total -= 1;
      if (row.times === 0) this.rows.delete(key);
    }
  }

  /** How many rows there are. */
  get size(): number {
    return this.total;
  }

  /** The first rows. */
  first(limit: number): Cell[][] {
    const all: Cell[][] = [];
    for (const { fields, times } of this.rows.values()) {
      for (let i = 0; i < times && all.length < limit; i += 1) all.push(fields);
      if (all.length >= limit) break;
    }
    return all;
  }
}
