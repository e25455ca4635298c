// Log files of a process: which there are, one of them with search and follow. Only the lines in sight are drawn.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { bytes, count, time } from '../format';
import { usePoll, usePollText } from '../rest/poll';
import type { LogFiles } from '../rest/types.gen';
import { Empty, Loading, Trouble } from './basics';

const LINE = 18;

export function Logs({ base }: { base: string }): JSX.Element {
  const { data, error } = usePoll<LogFiles>(`${base}/logs`, 10_000);
  const [chosen, choose] = useState<string | undefined>();
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  if (data.logs.length === 0) return <Empty>This process writes no log file: its log goes to standard error, and to whoever started it. <code>env.log.dir</code> names a folder for log files.</Empty>;
  const name = chosen ?? data.logs[0]?.name;
  return (
    <>
      <div class="actions">
        {data.logs.map((file) => (
          <button key={file.name} type="button" aria-pressed={file.name === name} onClick={() => choose(file.name)} title={`written ${time(file.mtime)}`}>
            {file.name} ({bytes(file.size)})
          </button>
        ))}
      </div>
      {name !== undefined && <LogFile key={name} path={`${base}/logs/${encodeURIComponent(name)}`} name={name} />}
    </>
  );
}

function LogFile({ path, name }: { path: string; name: string }): JSX.Element {
  const [follow, setFollow] = useState(true);
  const [wanted, setWanted] = useState('');
  const [top, setTop] = useState(0);
  const { data, error } = usePollText(path, follow ? 2000 : Infinity);
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => (data ?? '').replace(/\n$/, '').split('\n'), [data]);
  const text = wanted.toLowerCase();
  const shown = useMemo(() => (text === '' ? lines : lines.filter((line) => line.toLowerCase().includes(text))), [lines, text]);
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown, follow]);
  if (data === undefined) return error ? <Trouble error={error} /> : <Loading />;
  const from = Math.max(0, Math.floor(top / LINE) - 20);
  const to = Math.min(shown.length, from + 90);
  return (
    <>
      <div class="actions" style={{ margin: '0.5rem 0' }}>
        <label>
          Find <input type="search" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
        </label>
        <label>
          <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.currentTarget.checked)} /> Follow
        </label>
        <span class="soft">{count(shown.length)} of {count(lines.length)} lines</span>
        <a class="button" href={`.${path}`} download={name}>Download</a>
      </div>
      <Trouble error={error} />
      <div class="log" ref={box} tabIndex={0} role="region" aria-label={`Log ${name}`} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <div style={{ height: `${from * LINE}px` }} />
        {shown.slice(from, to).map((line, index) => (
          <div key={from + index} class={`line ${/\bERROR\b/.test(line) ? 'error' : /\bWARN\b/.test(line) ? 'warn' : ''}`}>
            {text === '' ? line : marked(line, text)}
          </div>
        ))}
        <div style={{ height: `${(shown.length - to) * LINE}px` }} />
      </div>
    </>
  );
}

function marked(line: string, text: string): JSX.Element {
  const at = line.toLowerCase().indexOf(text);
  return (
    <>
      {line.slice(0, at)}
      <mark>{line.slice(at, at + text.length)}</mark>
      {line.slice(at + text.length)}
    </>
  );
}
