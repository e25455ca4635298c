// When each vertex, and each of its subtasks, was in which state.
import type { JSX } from 'preact';
import { Card, Loading, Trouble } from '../../components/basics';
import { duration, time } from '../../format';
import { usePoll } from '../../rest/poll';
import type { ExecutionState, SubtaskTimes } from '../../rest/types.gen';
import { useWatched } from './watch';

const COLOURS: Record<ExecutionState, string> = {
  CREATED: 'var(--line)', SCHEDULED: 'var(--off)', DEPLOYING: 'var(--warn)', INITIALIZING: 'var(--wait)', RUNNING: 'var(--good)', FINISHED: 'var(--idle)', CANCELING: 'var(--warn)', CANCELED: 'var(--off)', FAILED: 'var(--bad)', RECONCILING: 'var(--off)',
};
const ENDS: ReadonlySet<string> = new Set(['FINISHED', 'CANCELED', 'FAILED']);

interface Segment {
  state: ExecutionState;
  from: number;
  to: number;
}

/** Who was in a state from when to when, of the times at which it came into each. */
export function segments(timestamps: Partial<Record<ExecutionState, number>>, now: number): Segment[] {
  const entered = Object.entries(timestamps).filter((entry): entry is [ExecutionState, number] => entry[1] > 0).sort((a, b) => a[1] - b[1]);
  return entered.map(([state, from], index) => ({ state, from, to: ENDS.has(state) ? from : (entered[index + 1]?.[1] ?? now) })).filter((segment) => segment.to > segment.from || ENDS.has(segment.state));
}

export function TimelineTab({ id, vertex }: { id: string; vertex: string | undefined }): JSX.Element | null {
  const { observation } = useWatched();
  if (!observation) return null;
  const { job } = observation;
  const begin = Math.min(...job.vertices.map((one) => one['start-time']).filter((at) => at > 0), job.now);
  const from = Math.min(begin, job['start-time']);
  const to = job['end-time'] > 0 ? job['end-time'] : job.now;
  return (
    <>
      <Card title={`${time(from)} to ${job['end-time'] > 0 ? time(to) : 'now'}, ${duration(to - from)}`}>
        <div class="timeline">
          {job.vertices.map((one) => (
            <div class="row" key={one.id}>
              <a href={`#/job/${id}/timeline${vertex === one.id ? '' : `/${one.id}`}`} aria-expanded={vertex === one.id} title={one.name}>{one.name}</a>
              <Track from={from} to={to} segments={one['start-time'] > 0 ? [{ state: one.status, from: one['start-time'], to: one['end-time'] > 0 ? one['end-time'] : to }] : []} />
            </div>
          ))}
        </div>
        <p class="soft">A name opens the subtasks of the vertex.</p>
      </Card>
      {vertex !== undefined && <SubtaskTimeline id={id} vertex={vertex} from={from} to={to} />}
    </>
  );
}

function SubtaskTimeline({ id, vertex, from, to }: { id: string; vertex: string; from: number; to: number }): JSX.Element {
  const { data, error } = usePoll<SubtaskTimes>(`/jobs/${id}/vertices/${vertex}/subtasktimes`, 3000);
  if (!data) return error ? <Trouble error={error} /> : <Loading />;
  const used = [...new Set(data.subtasks.flatMap((subtask) => segments(subtask.timestamps, data.now).map((segment) => segment.state)))];
  return (
    <Card title={`Subtasks of ${data.name}`}>
      <p class="legend">{used.map((state) => <span key={state}><i style={{ background: COLOURS[state] }} />{state.toLowerCase()}</span>)}</p>
      <div class="timeline">
        {data.subtasks.map((subtask) => (
          <div class="row" key={subtask.subtask}>
            <span>{subtask.subtask} <span class="soft">{subtask.endpoint}</span></span>
            <Track from={from} to={to} segments={segments(subtask.timestamps, data.now)} />
          </div>
        ))}
      </div>
    </Card>
  );
}

function Track({ from, to, segments: all }: { from: number; to: number; segments: readonly Segment[] }): JSX.Element {
  const whole = Math.max(1, to - from);
  const label = all.map((segment) => `${segment.state.toLowerCase()} ${duration(segment.to - segment.from)}`).join(', ') || 'not deployed';
  return (
    <div class="track" role="img" aria-label={label} title={label}>
      {all.map((segment) => (
        <span key={segment.state} style={{ left: `${(100 * Math.max(0, segment.from - from)) / whole}%`, width: `${(100 * (segment.to - segment.from)) / whole}%`, background: COLOURS[segment.state] }} />
      ))}
    </div>
  );
}

