import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
// @ts-expect-error A script without types.
import { generate, TARGET } from '../../scripts/rest-types.mjs';

test('the types of the REST answers are those of what Flink answered', () => {
  expect(readFileSync(TARGET as URL, 'utf8'), 'run: npm run types').toBe((generate as () => string)());
});
