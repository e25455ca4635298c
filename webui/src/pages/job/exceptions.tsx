// What has failed, newest first.
import type { JSX } from 'preact';
import { lastCause } from '../../analysis/why';
import { Card, Empty, Loading, Trouble } from '../../components/basics';
import { time } from '../../format';
import { usePoll } from '../../rest/poll';
import type { ExceptionEntry, JobExceptions } from '../../rest/types.gen';

export function ExceptionsTab({ id }: { id: string }): JSX.Element {
  const { data, error } = usePoll<JobExceptions>(`/jobs/${id}/exceptions?maxExceptions=50`, 3000);
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  const { entries, truncated } = data.exceptionHistory;
  if (entries.length === 0) return <Card title="Exceptions"><Empty>Nothing has failed.</Empty></Card>;
  return (
    <>
      {entries.map((entry, index) => (
        <Card key={`${entry.timestamp} ${index}`} title={`${time(entry.timestamp)}${index === 0 ? ', the newest' : ''}`}>
          <Entry entry={entry} open={index === 0} />
          {(entry.concurrentExceptions ?? []).length > 0 && (
            <details>
              <summary>{entry.concurrentExceptions?.length} more at the same time</summary>
              {entry.concurrentExceptions?.map((other, at) => (
                <Entry key={at} entry={other} open={false} />
              ))}
            </details>
          )}
        </Card>
      ))}
      {truncated && <p class="soft">Older ones are left out (web.exception-history-size).</p>}
    </>
  );
}

function Entry({ entry, open }: { entry: ExceptionEntry; open: boolean }): JSX.Element {
  return (
    <>
      <p><strong>{lastCause(entry.stacktrace) || entry.exceptionName}</strong></p>
      {(entry.taskName || entry.taskManagerId) && (
        <p class="soft">
          {entry.taskName}
          {entry.taskManagerId && <> on <a href={`#/task-manager/${encodeURIComponent(entry.taskManagerId)}`}>{entry.taskManagerId}</a></>}
        </p>
      )}
      <details open={open}>
        <summary>Whole text</summary>
        <pre tabIndex={0}>{entry.stacktrace}</pre>
      </details>
    </>
  );
}
