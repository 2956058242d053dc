import { expect, test } from 'vitest';
import { centrifugeWire } from './wire-centrifuge.js';
import { plainSseWire } from './wire-plain-sse.js';
import { seedWire } from './wire-seed.js';

test('no two wires share a name or an index: their topics and frames are kept by these', () => {
  const { delta } = centrifugeWire;
  const wires = [seedWire, centrifugeWire, delta, delta?.afterFirst, plainSseWire];
  expect(new Set(wires.map((wire) => wire?.name)).size).toBe(wires.length);
  expect(new Set(wires.map((wire) => wire?.index)).size).toBe(wires.length);
});
