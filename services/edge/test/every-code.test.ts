import { CLOSES, ERRORS, UNSUBSCRIBES } from '@newswire/protocol';
import { until } from '@newswire/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CLOSE_CASES, ERROR_CASES, UNSUBSCRIBE_CASES, type CodeCase } from './rig/code-cases.js';
import { CodeEdge } from './rig/code-edge.js';

type Told = 'errors' | 'unsubscribes' | 'closes';

const TABLES: readonly [Told, Readonly<Record<string, { code: number }>>, readonly CodeCase[]][] = [
  ['errors', ERRORS, ERROR_CASES],
  ['unsubscribes', UNSUBSCRIBES, UNSUBSCRIBE_CASES],
  ['closes', CLOSES, CLOSE_CASES],
];

const ALL = (['json', 'protobuf'] as const).flatMap((encoding) =>
  TABLES.map((table) => [encoding, ...table] as const),
);

describe.each(ALL)('in %s, %s over a real socket', (encoding, told, table, cases) => {
  const seen = new Set<number>();

  test.each(cases)('$code: $by', async ({ code, act, ...setup }) => {
    const edge = await CodeEdge.start({ ...setup, encoding });
    onTestFinished(() => edge.stop());
    const client = await act(edge);
    await until(`${code}`, () => client[told].includes(code) || client.closeCode);
    expect(client[told]).toContain(code);
    if (told === 'closes') {
      const { reason } = Object.values(CLOSES).find((close) => close.code === code) ?? {};
      expect(client.closeReason).toBe(reason);
    }
    seen.add(code);
  });

  test('were all there are', () => {
    const all = Object.values(table).map(({ code }) => code);
    expect([...seen].toSorted((a, b) => a - b)).toEqual(all);
  });
});
