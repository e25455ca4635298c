// The job graph: what each vertex does with its time, what flows along each edge, where the watermark is.
import { select } from 'd3-selection';
import { zoom, type ZoomBehavior, zoomIdentity, type ZoomTransform } from 'd3-zoom';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { type Observation, worst } from '../../analysis/observation';
import { Shares } from '../../components/basics';
import { duration, percent, rate } from '../../format';
import type { JobDetails } from '../../rest/types.gen';
import { Drawer } from './drawer';
import { type Edge, HEIGHT, layout, shapeOf, WIDTH } from './layout';
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
        </div>
        {selected && <Drawer id={id} vertex={selected.id} page={page} />}
      </div>
    </>
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

function Graph({ id, observation, selected }: { id: string; observation: Observation; selected: string | undefined }): JSX.Element {
  const { job } = observation;
  const shape = shapeOf(job);
  const placed = useMemo(() => layout(job), [shape]);
  const box = useRef<HTMLDivElement>(null);
  const plane = useRef<HTMLDivElement>(null);
  const behaviour = useRef<ZoomBehavior<HTMLDivElement, unknown> | undefined>(undefined);
  const [, go] = useLocation();

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
    behaviour.current = zoom<HTMLDivElement, unknown>()
      .scaleExtent([0.05, 2])
      // A wheel without a key scrolls the page past the graph, unless the graph has the focus.
      .on('zoom', (event: { transform: ZoomTransform }) => {
        if (plane.current) plane.current.style.transform = `translate(${event.transform.x}px, ${event.transform.y}px) scale(${event.transform.k})`;
      });
    select(element).call(behaviour.current).on('dblclick.zoom', null);
    fit();
    const resized = new ResizeObserver(fit);
    resized.observe(element);
    return () => resized.disconnect();
  }, [shape]);
  const scale = (by: number): void => {
    if (box.current && behaviour.current) select(box.current).call(behaviour.current.scaleBy, by);
  };

  return (
    <div class="graph" ref={box} role="group" aria-label={`Job graph with ${job.vertices.length} vertices`}>
      <div class="controls">
        <button type="button" aria-label="Zoom in" onClick={() => scale(1.3)}>+</button>
        <button type="button" aria-label="Zoom out" onClick={() => scale(1 / 1.3)}>−</button>
        <button type="button" onClick={fit}>Fit</button>
      </div>
      <div class="plane" ref={plane}>
        <svg width={placed.width} height={placed.height} aria-hidden="true">
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse">
              <path d="M0,0 L8,4 L0,8 z" style={{ fill: 'var(--ink-soft)', stroke: 'none' }} />
            </marker>
          </defs>
          {placed.edges.map((edge) => (
            <path key={edge.key} d={edge.path} marker-end="url(#arrow)" class={(worst(edge.from, observation)?.backPressured ?? 0) > 0.1 ? 'pressed' : ''} />
          ))}
        </svg>
        {placed.edges.map((edge) => (
          <span key={edge.key} class="edge" style={{ left: `${edge.middle.x}px`, top: `${edge.middle.y}px` }}>
            {edge.ship}
            <br />
            {rate(along(edge, observation))} {lagText(lag(observation, edge.to))}
          </span>
        ))}
        {job.vertices.map((vertex) => (
          <Vertex key={vertex.id} vertex={vertex} seen={observation} at={placed.at.get(vertex.id)} selected={vertex.id === selected} open={() => go(vertex.id === selected ? `/job/${id}/graph` : `/job/${id}/graph/${vertex.id}`)} />
        ))}
      </div>
    </div>
  );
}

function Vertex({ vertex, seen, at, selected, open }: { vertex: JobDetails['vertices'][number]; seen: Observation; at: { x: number; y: number } | undefined; selected: boolean; open: () => void }): JSX.Element | null {
  if (!at) return null;
  const mean = seen.rates.get(vertex.id);
  const most = worst(vertex.id, seen);
  const bad = vertex.status === 'FAILED' || (vertex.tasks.FAILED ?? 0) > 0;
  const tone = bad ? 'bad' : (most?.backPressured ?? 0) > 0.1 ? 'pressed' : (most?.busy ?? 0) > 0.5 ? 'busy' : '';
  const watermark = lagText(lag(seen, vertex.id));
  return (
    <button type="button" class={`vertex ${tone}${selected ? ' selected' : ''}`} style={{ left: `${at.x}px`, top: `${at.y}px`, width: `${WIDTH}px`, height: `${HEIGHT}px` }} onClick={open} aria-pressed={selected} title={vertex.name}>
      <span class="name">{vertex.name}</span>
      <span class="lines">
        <span class="two">
          <span>parallelism {vertex.parallelism}</span>
          <span>{vertex.status === 'RUNNING' ? '' : vertex.status.toLowerCase()}</span>
        </span>
        {most && mean ? (
          <>
            <Shares busy={mean.busy} backPressured={mean.backPressured} />
            <span class="two">
              <span>busy {percent(most.busy)}{(most.busy > mean.busy * 1.5 && most.busy > 0.1) ? ' (max)' : ''}</span>
              <span>pressed {percent(most.backPressured)}</span>
            </span>
            <span class="two">
              <span>in {rate(mean.in)} · out {rate(mean.out)}</span>
              <span>{watermark}</span>
            </span>
          </>
        ) : (
          <span class="two"><span>{seen.job.state === 'RUNNING' ? 'not measured yet' : ''}</span><span>{watermark}</span></span>
        )}
      </span>
    </button>
  );
}
