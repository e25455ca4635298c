import { expect, test } from 'vitest';
import { waitOf } from './wait';

const metrics = (currentActivity: string, input: number, output: number, starved: number, barriers: number): Map<string, string> =>
  new Map(Object.entries({
    currentActivity, 'Shuffle.Netty.Input.Buffers.inputQueueLength': String(input), 'Shuffle.Netty.Output.Buffers.outputQueueLength': String(output),
    outputChannelsWithoutCredit: String(starved), inputBarriersMissing: String(barriers),
  }));

test.each([
  ['Calc[2]', 0, 0, 0, 0, 'in Calc[2]'],
  ['Calc[2]', 3, 9, 1, 0, 'in Calc[2] (3 batches to read)'],
  ['waiting for input', 0, 0, 0, 0, 'waiting for input'],
  ['waiting for input', 2, 0, 0, 1, 'waiting for input (2 batches to read, 1 barrier missing)'],
  ['waiting for room in the output', 5, 12, 2, 0, 'waiting for room in the output (12 batches not taken, 2 channels without credit)'],
  ['', 0, 0, 0, 0, 'not known yet'],
] as const)('%s with %d, %d, %d, %d is %s', (activity, input, output, starved, barriers, words) => {
  expect(waitOf(metrics(activity, input, output, starved, barriers))).toBe(words);
});
