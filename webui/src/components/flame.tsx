// A flame graph: who was on the stack, the wider the more often. A click makes a frame the root.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { percent } from '../format';

interface Node {
  name: string;
  value: number;
  children?: Node[];
}

const ROW = 20;
/** Narrower frames are not drawn. */
const LEAST = 0.002;

interface Box {
  node: Node;
  left: number;
  width: number;
  depth: number;
}

/** The frames of a stack with their places, as shares of the root's width. */
export function boxes(root: Node): Box[] {
  const all: Box[] = [];
  const place = (node: Node, left: number, depth: number): void => {
    const width = root.value === 0 ? 1 : node.value / root.value;
    if (width < LEAST) return;
    all.push({ node, left, width, depth });
    let at = left;
    for (const child of node.children ?? []) {
      place(child, at, depth + 1);
      at += root.value === 0 ? 0 : child.value / root.value;
    }
  };
  place(root, 0, 0);
  return all;
}

export function FlameGraph({ root }: { root: Node }): JSX.Element {
  const [from, setFrom] = useState<Node | undefined>();
  const all = boxes(from ?? root);
  const depth = Math.max(...all.map((box) => box.depth)) + 1;
  return (
    <>
      <div class="actions">{from && <button type="button" onClick={() => setFrom(undefined)}>All frames</button>}</div>
      <div class="flame" style={{ position: 'relative', height: `${depth * ROW}px` }} role="group" aria-label="Flame graph">
        {all.map((box, index) => (
          <button
            key={index}
            type="button"
            title={`${box.node.name}: ${percent(root.value === 0 ? 0 : box.node.value / root.value)}`}
            style={{ left: `${box.left * 100}%`, width: `${box.width * 100}%`, top: `${box.depth * ROW}px`, height: `${ROW}px` }}
            onClick={() => setFrom(box.node)}
          >
            {box.width > 0.03 ? box.node.name : ''}
          </button>
        ))}
      </div>
    </>
  );
}
