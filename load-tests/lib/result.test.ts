import { expect, test } from 'vitest';
import { buildResult } from './result.ts';

const none = { 'count==0': { ok: true } };
const metrics = {
  delivery_latency: {
    type: 'trend',
    values: { 'p(95)': 40 },
    thresholds: { 'p(95)<500': { ok: true } },
  },
  'received{protocol:seed}': { type: 'counter', values: { count: 7 } },
  doubled: { type: 'counter', values: { count: 0 }, thresholds: none },
  lost: { type: 'counter', values: { count: 2 }, thresholds: { 'count==0': { ok: false } } },
  http_reqs: { type: 'counter', values: { count: 5 } },
};

test('a result has counts and thresholds in order, and no secrets', () => {
  const details = {
    scenario: 'fan-out',
    startedAt: '2026-01-02T03:04:05.000Z',
    settings: { subscribers: 3, apiKey: 'hidden from all' },
    generator: { askedPerS: 300, low: 40_000, high: 80_000 },
    remarks: ['k6 itself was short of CPU.'],
  };
  const result = buildResult(details, metrics);
  expect(Object.entries(result.counts)).toEqual([
    ['lost', 2],
    ['doubled', 0],
    ['received{protocol:seed}', 7],
  ]);
  expect(result.thresholds).toEqual([
    { metric: 'lost', condition: 'count==0', value: 2, held: false },
    { metric: 'doubled', condition: 'count==0', value: 0, held: true },
    { metric: 'delivery_latency', condition: 'p(95)<500', value: 40, held: true },
  ]);
  expect(result).toMatchObject({ remarks: details.remarks, settings: { subscribers: 3 } });
  expect(JSON.stringify(result)).not.toContain('hidden');
});
