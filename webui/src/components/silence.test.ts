import { expect, test } from 'vitest';
import { elsewhere } from './silence';

const here = { protocol: 'http:', hostname: 'jm1', port: '8081' };

test('the other JobManagers are on other machines, at the same port', () => {
  expect(elsewhere(['jm1:6123', 'jm2:6123', 'jm3:6123'], here)).toEqual([{ host: 'jm2', url: 'http://jm2:8081/' }, { host: 'jm3', url: 'http://jm3:8081/' }]);
});

test('where they cannot be told there are none', () => {
  expect(elsewhere(['localhost:6123', 'localhost:6124'], { ...here, hostname: 'localhost' })).toEqual([]);
  // Behind a proxy the page knows no address that leads to a JobManager.
  expect(elsewhere(['jm1:6123', 'jm2:6123'], { ...here, hostname: 'dashboard.example' })).toEqual([]);
  expect(elsewhere([], here)).toEqual([]);
});
