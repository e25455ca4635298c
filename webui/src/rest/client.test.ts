import { expect, test } from 'vitest';
import { headline } from './client';

test('the message of the innermost cause is what is shown', () => {
  const text = '<Exception on server side:\norg.apache.SqlGatewayException: Failed to fetchResults.\n\tat x\nCaused by: org.apache.calcite.SqlParseException: unexpected \'t\' at line 1, column 14.\ndid you mean FROM?\n\tat y\n\t... 1 more\n\nEnd of exception on server side>';
  expect(headline(['Internal server error.', text])).toBe("unexpected 't' at line 1, column 14.\ndid you mean FROM?");
  expect(headline(['Not found: /x'])).toBe('Not found: /x');
  expect(headline(['org.apache.flink.runtime.rest.NotFoundException: Job a not found'])).toBe('Job a not found');
  expect(headline([])).toBeNull();
});
