// The result of one statement as it comes: the table as it is now, and the last changes.
import type { Page, ResultColumn } from './gateway';
import { type Change, Materialized } from './materialize';

/** Of the changes as many are kept. */
const CHANGES = 5000;

export class QueryResult {
  columns: ResultColumn[] = [];
  changes: { number: number; change: Change }[] = [];
  readonly table = new Materialized();
  received = 0;
  isQuery = false;
  job: string | undefined;
  content = false;

  add(page: Page): void {
    if (page.columns.length > 0) this.columns = page.columns;
    this.isQuery ||= page.isQuery;
    this.job ??= page.job;
    this.content ||= page.content;
    for (const change of page.changes) {
      this.received += 1;
      this.table.apply(change);
      this.changes.push({ number: this.received, change });
    }
    if (this.changes.length > CHANGES) this.changes = this.changes.slice(-CHANGES);
  }
}
