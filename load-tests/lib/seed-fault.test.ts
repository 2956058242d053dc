// The faults are put into the text of the outbox. When the outbox changes, this shows it without a build.
import { readFile } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { load } from '../test/seed-fault-hooks.mjs';

const OUTBOX = new URL('../../services/edge/src/channel/outbox.ts', import.meta.url);
const URL_WHEN_BUILT = 'file:///services/edge/dist/channel/outbox.js';

afterEach(() => vi.unstubAllEnvs());

test.each(['drop', 'double', 'reorder'])('the outbox takes the fault "%s"', async (fault) => {
  vi.stubEnv('FAULT', fault);
  const source = await readFile(OUTBOX, 'utf8');
  const loaded = await load(URL_WHEN_BUILT, {}, () => Promise.resolve({ source }));
  expect(loaded.source).toContain('isHit');
  expect(loaded.source).not.toBe(source);
});

test('an outbox that it does not fit is refused', async () => {
  vi.stubEnv('FAULT', 'drop');
  const loading = load(URL_WHEN_BUILT, {}, () => Promise.resolve({ source: 'other code' }));
  await expect(loading).rejects.toThrow('is 0 times');
});
