// What a subtask is at, or waits for, in a few words. Pure: its metrics in, words out.
import { plural } from '../format';

/** `metrics` are those of one subtask by their names. */
export function waitOf(metrics: ReadonlyMap<string, string>): string {
  const activity = metrics.get('currentActivity') ?? '';
  const number = (name: string): number => Number(metrics.get(name) ?? 0);
  const [input, output] = [number('Shuffle.Netty.Input.Buffers.inputQueueLength'), number('Shuffle.Netty.Output.Buffers.outputQueueLength')];
  const [starved, barriers] = [number('outputChannelsWithoutCredit'), number('inputBarriersMissing')];
  const about: string[] = [];
  if (activity === 'waiting for room in the output') {
    about.push(`${plural(output, 'batch', 'batches')} not taken`);
    if (starved > 0) about.push(`${plural(starved, 'channel')} without credit`);
  } else if (input > 0) about.push(`${plural(input, 'batch', 'batches')} to read`);
  if (barriers > 0) about.push(`${plural(barriers, 'barrier')} missing`);
  const what = activity === '' ? 'not known yet' : activity.startsWith('waiting ') ? activity : `in ${activity}`;
  return about.length === 0 ? what : `${what} (${about.join(', ')})`;
}
