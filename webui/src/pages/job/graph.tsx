// The job graph: what each vertex does with its time, what flows along each edge, where the watermark is.
import { select } from 'd3-selection';
import { zoom, type ZoomBehavior, zoomIdentity, type ZoomTransform } from 'd3-zoom';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { type Observation, worst } from '../../analysis/observation';
import { Card, Shares, State } from '../../components/basics';
import { Table } from '../../components/table';
import { duration, percent, rate } from '../../format';
import type { JobDetails } from '../../rest/types.gen';
import { Drawer } from './drawer';
import { type Box, type Edge, HEIGHT, layout, meet, shapeOf, WIDTH, within } from './layout';
import { useWatched } from './watch';
import { WhyLine } from './why';

export function GraphTab({ id, vertex, page }: { id: string; vertex: string | undefined; page: string }): JSX.Element | null {
  const { observation } = useWatched();
  if (!observation) return null;
  const selected = observation.job.vertices.find((one) => one.id === vertex);
  return (
    <>
      <WhyLine id={id} observation={observation} />
      <div class={`split${selected ? ' open' : ''}`}>
        <div>
          <Graph id={id} observation={observation} selected={selected?.id} />
          <p class="legend" aria-hidden="true">
            <span><i style={{ background: 'var(--busy)' }} />busy</span>
            <span><i style={{ background: 'var(--pressed)' }} />back-pressured: waits for what is behind it</span>
            <span><i style={{ background: 'var(--idle)' }} />idle: waits for rows</span>
            <span>wm: how far the watermark is behind the clock</span>
          </p>
          <Vertices id={id} observation={observation} selected={selected?.id} />
        </div>
        {selected && <Drawer id={id} vertex={selected.id} page={page} />}
      </div>
    </>
  );
}

/** The same figures as a list: to be sorted, and for those who do not see the graph. */
function Vertices({ id, observation, selected }: { id: string; observation: Observation; selected: string | undefined }): JSX.Element {
  const rows = observation.job.vertices.map((vertex) => ({ vertex, mean: observation.rates.get(vertex.id), most: worst(vertex.id, observation), lag: lag(observation, vertex.id) }));
  type Row = (typeof rows)[number];
  return (
    <Card title="Vertices">
      <Table<Row>
        label="Vertices"
        rows={rows}
        id={(row) => row.vertex.id}
        selected={selected}
        columns={[
          { name: 'Name', cell: (row) => <a class="clip" title={row.vertex.name} href={`#/job/${id}/graph/${row.vertex.id}`}>{row.vertex.name}</a>, by: (row) => row.vertex.name },
          { name: 'State', cell: (row) => <State of={row.vertex.status} />, by: (row) => row.vertex.status },
          { name: 'Parallelism', cell: (row) => row.vertex.parallelism, by: (row) => row.vertex.parallelism, right: true },
          { name: 'Busy (max)', cell: (row) => percent(row.most?.busy), by: (row) => row.most?.busy ?? -1, right: true },
          { name: 'Pressed (max)', cell: (row) => percent(row.most?.backPressured), by: (row) => row.most?.backPressured ?? -1, right: true },
          { name: 'In', cell: (row) => rate(row.mean?.in), by: (row) => row.mean?.in ?? -1, right: true },
          { name: 'Out', cell: (row) => rate(row.mean?.out), by: (row) => row.mean?.out ?? -1, right: true },
          { name: 'Watermark behind', cell: (row) => (row.lag === undefined ? '–' : row.lag === null ? 'none' : duration(Math.max(0, row.lag))), by: (row) => row.lag ?? -1, right: true },
        ]}
      />
    </Card>
  );
}

/** How far the lowest watermark of a vertex is behind the clock. */
export function lag(seen: Observation, vertex: string): number | null | undefined {
  const marks = seen.watermarks.get(vertex);
  if (!marks || marks.bySubtask.size === 0) return undefined;
  return marks.lowest === null ? null : seen.job.now - marks.lowest;
}

const lagText = (value: number | null | undefined): string => (value === undefined ? '' : value === null ? 'wm none' : `wm ${duration(Math.max(0, value))}`);

/** Rows along an edge: what the consumer takes when it has no other input, else an even part of what the producer gives. */
function along(edge: Edge, seen: Observation): number | undefined {
  const consumer = seen.rates.get(edge.to);
  const producer = seen.rates.get(edge.from);
  if (edge.siblings === 1 && consumer) return consumer.in;
  return producer && producer.out / edge.outputs;
}

/** How much of a vertex can be read at this scale. */
type Detail = 'all' | 'name' | 'colour';
const detailOf = (scale: number): Detail => (scale >= 0.45 ? 'all' : scale >= 0.18 ? 'name' : 'colour');

/** What is drawn: all that meets this part of the plane. It is larger than what is seen, so that small moves draw nothing anew. */
interface View {
  part: Box;
  detail: Detail;
}
const NOTHING: View = { part: { left: 0, top: 0, right: 0, bottom: 0 }, detail: 'all' };

function Graph({ id, observation, selected }: { id: string; observation: Observation; selected: string | undefined }): JSX.Element {
  const { job } = observation;
  const shape = shapeOf(job);
  const placed = useMemo(() => layout(job), [shape]);
  const box = useRef<HTMLDivElement>(null);
  const plane = useRef<HTMLDivElement>(null);
  const behaviour = useRef<ZoomBehavior<HTMLDivElement, unknown> | undefined>(undefined);
  const [view, setView] = useState<View>(NOTHING);
  const [, go] = useLocation();

  const look = ({ x, y, k }: ZoomTransform): void => {
    const element = box.current;
    if (!element || !plane.current) return;
    plane.current.style.transform = `translate(${x}px, ${y}px) scale(${k})`;
    const [width, height] = [element.clientWidth / k, element.clientHeight / k];
    const seen = { left: -x / k, top: -y / k, right: -x / k + width, bottom: -y / k + height };
    const detail = detailOf(k);
    setView((old) =>
      old.detail === detail && within(seen, old.part)
        ? old
        : { detail, part: { left: seen.left - width / 2, top: seen.top - height / 2, right: seen.right + width / 2, bottom: seen.bottom + height / 2 } },
    );
  };
  const fit = (): void => {
    const element = box.current;
    if (!element || !behaviour.current) return;
    const scale = Math.min(1, element.clientWidth / (placed.width + 20), element.clientHeight / (placed.height + 20));
    const x = (element.clientWidth - placed.width * scale) / 2;
    const y = (element.clientHeight - placed.height * scale) / 2;
    select(element).call(behaviour.current.transform, zoomIdentity.translate(x, y).scale(scale));
  };
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const promote = (what: string): void => {
      if (plane.current) plane.current.style.willChange = what;
    };
    behaviour.current = zoom<HTMLDivElement, unknown>()
      .scaleExtent([0.05, 2])
      // A layer of its own moves fast, but keeps the sharpness that it was drawn with: it is one only while it moves.
      .on('start', () => promote('transform'))
      .on('zoom', (event: { transform: ZoomTransform }) => look(event.transform))
      .on('end', () => promote('auto'));
    select(element).call(behaviour.current).on('dblclick.zoom', null);
    fit();
    const resized = new ResizeObserver(fit);
    resized.observe(element);
    return () => resized.disconnect();
  }, [shape]);
  const scale = (by: number): void => {
    if (box.current && behaviour.current) select(box.current).call(behaviour.current.scaleBy, by);
  };
  const edges = useMemo(() => placed.edges.filter((edge) => meet(edge.box, view.part)), [placed, view]);
  const pressed = (vertex: string): boolean => (worst(vertex, observation)?.backPressured ?? 0) > 0.1;

  return (
    <div class="graph" ref={box} role="group" aria-label={`Job graph with ${job.vertices.length} vertices`}>
      <div class="controls">
        <button type="button" aria-label="Zoom in" onClick={() => scale(1.3)}>+</button>
        <button type="button" aria-label="Zoom out" onClick={() => scale(1 / 1.3)}>−</button>
        <button type="button" onClick={fit}>Fit</button>
      </div>
      <div class={`plane ${view.detail}`} ref={plane}>
        <svg width={placed.width} height={placed.height} aria-hidden="true">
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse">
              <path d="M0,0 L8,4 L0,8 z" style={{ fill: 'var(--ink-soft)', stroke: 'none' }} />
            </marker>
          </defs>
          {edges.map((edge) => (
            <path key={edge.key} d={edge.path} marker-end={view.detail === 'colour' ? undefined : 'url(#arrow)'} class={pressed(edge.from) ? 'pressed' : ''} />
          ))}
        </svg>
        {view.detail === 'all' &&
          edges.map((edge) => (
            <span key={edge.key} class="edge" style={{ left: `${edge.middle.x}px`, top: `${edge.middle.y}px` }}>
              {edge.ship}
              <br />
              {rate(along(edge, observation))} {lagText(lag(observation, edge.to))}
            </span>
          ))}
        {job.vertices.map((vertex) => {
          const at = placed.at.get(vertex.id);
          if (!at || !meet({ left: at.x, top: at.y, right: at.x + WIDTH, bottom: at.y + HEIGHT }, view.part)) return null;
          return <Vertex key={vertex.id} vertex={vertex} seen={observation} at={at} detail={view.detail} selected={vertex.id === selected} open={() => go(vertex.id === selected ? `/job/${id}/graph` : `/job/${id}/graph/${vertex.id}`)} />;
        })}
      </div>
    </div>
  );
}

/** The lines of a vertex: what they depend on is all text, and the same text is not drawn again. */
function Vertex({ vertex, seen, at, detail, selected, open }: { vertex: JobDetails['vertices'][number]; seen: Observation; at: { x: number; y: number }; detail: Detail; selected: boolean; open: () => void }): JSX.Element {
  const mean = seen.rates.get(vertex.id);
  const most = worst(vertex.id, seen);
  const bad = vertex.status === 'FAILED' || (vertex.tasks.FAILED ?? 0) > 0;
  const tone = bad ? 'bad' : (most?.backPressured ?? 0) > 0.1 ? 'pressed' : (most?.busy ?? 0) > 0.5 ? 'busy' : '';
  const watermark = lagText(lag(seen, vertex.id));
  const state = vertex.status === 'RUNNING' ? '' : vertex.status.toLowerCase();
  const measured = most && mean;
  const busy = measured ? `busy ${percent(most.busy)}${most.busy > mean.busy * 1.5 && most.busy > 0.1 ? ' (max)' : ''}` : seen.job.state === 'RUNNING' ? 'not measured yet' : '';
  const waits = measured ? `pressed ${percent(most.backPressured)}` : '';
  const rows = measured ? `in ${rate(mean.in)} · out ${rate(mean.out)}` : '';
  const shares = measured ? [Math.round(mean.busy * 100), Math.round(mean.backPressured * 100)] : undefined;
  const call = useRef(open);
  call.current = open;
  return useMemo(
    () => (
      <button
        type="button"
        class={`vertex ${tone}${selected ? ' selected' : ''}`}
        style={{ left: `${at.x}px`, top: `${at.y}px`, width: `${WIDTH}px`, height: `${HEIGHT}px` }}
        onClick={() => call.current()}
        aria-pressed={selected}
        aria-label={detail === 'all' ? undefined : [vertex.name, state, busy, waits].filter(Boolean).join(', ')}
        title={vertex.name}
      >
        {detail !== 'colour' && <span class="name">{vertex.name}</span>}
        {detail === 'all' && (
          <span class="lines">
            <span class="two">
              <span>parallelism {vertex.parallelism}</span>
              <span>{state}</span>
            </span>
            {shares && <Shares busy={(shares[0] ?? 0) / 100} backPressured={(shares[1] ?? 0) / 100} />}
            <span class="two">
              <span>{busy}</span>
              <span>{measured ? waits : watermark}</span>
            </span>
            {measured && (
              <span class="two">
                <span>{rows}</span>
                <span>{watermark}</span>
              </span>
            )}
          </span>
        )}
      </button>
    ),
    // What is not drawn at this detail does not count.
    [at, [vertex.name, vertex.parallelism, selected, tone, detail, state, busy, waits, ...(detail === 'all' ? [rows, watermark, shares] : [])].join('|')],
  );
}
