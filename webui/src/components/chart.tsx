// A line or bar chart by uPlot, in the colours of the theme.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface Series {
  name: string;
  /** A custom property of the theme: `--busy`. */
  colour: string;
  bars?: boolean;
  scale?: 'y' | 'right';
  show?: (value: number) => string;
  /** Only dots. */
  points?: boolean;
}

const property = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888';

export function Chart({ label, x, series, values, height = 180, show, time = true, top }: { label: string; x: readonly number[]; series: readonly Series[]; values: readonly (readonly (number | null)[])[]; height?: number; show: (value: number) => string; time?: boolean; top?: number }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const data: uPlot.AlignedData = [[...x], ...values.map((one) => [...one])] as unknown as uPlot.AlignedData;
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      const [ink, grid] = [property('--ink-soft'), property('--line')];
      const right = series.find((one) => one.scale === 'right');
      const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
      plot.current = new uPlot(
        {
          width: element.clientWidth,
          height,
          legend: { show: true },
          cursor: { points: { size: 6 } },
          scales: { x: time ? { time } : { time, range: (_, min, max) => [min - 0.5, max + 0.5] }, y: { range: (_, __, max) => [0, top ?? Math.max(max * 1.1, 1e-9)] }, right: { range: (_, __, max) => [0, Math.max(max * 1.1, 1e-9)] } },
          axes: [
            time ? axis : { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
            { ...axis, size: 70, values: (_, ticks) => ticks.map(show) },
            ...(right ? [{ ...axis, scale: 'right', side: 1 as const, size: 70, grid: { show: false }, values: (_: uPlot, ticks: number[]) => ticks.map(right.show ?? show) }] : []),
          ],
          series: [
            time ? {} : { label: 'No.', value: (_, value) => (value === null ? '–' : String(value)) },
            ...series.map((one) => ({
              label: one.name,
              scale: one.scale ?? 'y',
              stroke: property(one.colour),
              width: one.points ? 0 : 2,
              points: { show: one.points ?? false, size: 7, fill: property(one.colour) },
              ...(one.bars ? { fill: `${property(one.colour)}66`, paths: uPlot.paths.bars?.({ size: [0.7, 40] }) } : {}),
              value: (_: uPlot, value: number | null) => (value === null ? '–' : (one.show ?? show)(value)),
            })),
          ],
        },
        data,
        element,
      );
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [series.map((one) => one.name).join('|'), height]);
  useEffect(() => plot.current?.setData(data), [x.length, x[x.length - 1], values]);
  return <div class="chart" ref={box} role="img" aria-label={label} />;
}
