// Where the vertices of a job graph stand: dagre, from left to right. Only the shape of the graph moves them, not its figures.
import dagre from '@dagrejs/dagre';
import type { JobDetails } from '../../rest/types.gen';

export const WIDTH = 240;
export const HEIGHT = 128;

export interface Edge {
  key: string;
  from: string;
  to: string;
  ship: string;
  /** Of how many inputs of the consumer this is one. */
  siblings: number;
  /** How many edges leave the producer. */
  outputs: number;
  path: string;
  middle: { x: number; y: number };
  /** What it covers. */
  box: Box;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const meet = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
export const within = (inner: Box, outer: Box): boolean => inner.left >= outer.left && inner.top >= outer.top && inner.right <= outer.right && inner.bottom <= outer.bottom;

export interface Layout {
  width: number;
  height: number;
  at: ReadonlyMap<string, { x: number; y: number }>;
  edges: readonly Edge[];
}

/** What the layout depends on. */
export const shapeOf = (job: JobDetails): string => job.plan.nodes.map((node) => `${node.id}<${(node.inputs ?? []).map((input) => input.id).join(',')}`).join(';');

export function layout(job: JobDetails): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 28, ranksep: 130, marginx: 20, marginy: 20, ranker: 'network-simplex' });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of job.plan.nodes) graph.setNode(node.id, { width: WIDTH, height: HEIGHT });
  const plain: { key: string; from: string; to: string; ship: string; siblings: number }[] = [];
  for (const node of job.plan.nodes) {
    const inputs = node.inputs ?? [];
    for (const input of inputs) {
      const key = `${input.id}>${node.id}:${input.num}`;
      graph.setEdge(input.id, node.id, {}, key);
      plain.push({ key, from: input.id, to: node.id, ship: input.ship_strategy, siblings: inputs.length });
    }
  }
  const began = performance.now();
  dagre.layout(graph);
  performance.measure('layout', { start: began });
  const outputs = new Map<string, number>();
  for (const edge of plain) outputs.set(edge.from, (outputs.get(edge.from) ?? 0) + 1);
  const at = new Map(job.plan.nodes.map((node) => {
    const { x, y } = graph.node(node.id);
    return [node.id, { x: x - WIDTH / 2, y: y - HEIGHT / 2 }] as const;
  }));
  const edges = plain.map((edge) => {
    const { points } = graph.edge({ v: edge.from, w: edge.to, name: edge.key }) as { points: { x: number; y: number }[] };
    const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 };
    const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
    const box = { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
    return { ...edge, outputs: outputs.get(edge.from) ?? 1, path: curve(points), middle, box };
  });
  const size = graph.graph();
  return { width: size.width ?? 0, height: size.height ?? 0, at, edges };
}

/** A smooth line through these points. */
function curve(points: readonly { x: number; y: number }[]): string {
  const [first, ...others] = points;
  if (!first) return '';
  let path = `M${first.x},${first.y}`;
  let last = first;
  for (const point of others) {
    const half = (last.x + point.x) / 2;
    path += `C${half},${last.y} ${half},${point.y} ${point.x},${point.y}`;
    last = point;
  }
  return path;
}
