// Run with `npx vitest bench --project unit services/edge/src/protocols/encode.bench.ts`.
import type { Codec, Frame } from '@newswire/protocol';
import { bench, describe } from 'vitest';
import { toyCodec } from '../../test/rig/toy-protocol.js';
import { encodeFrames, encodeOnce } from '../channel/frames.js';
import { toRingPublication } from '../channel/ring.js';
import { centrifugeProtobufCodec } from './centrifuge-protobuf/protocol.js';
import { centrifugeCodec, centrifugeProtocol } from './centrifuge/protocol.js';
import { plainSseCodec } from './plain-sse/codec.js';
import { seedCodec } from './seed/codec.js';

const COUNT = 1000;
const PER_TICK = 64;
const MAX_BYTES = 1_048_576;

const publications = Array.from({ length: COUNT }, (_, i) =>
  toRingPublication({ offset: i + 1, data: JSON.stringify({ text: 'x'.repeat(100), i }) }, 0),
);
const tick = publications.slice(0, PER_TICK);

const deltaCodec = centrifugeProtocol.deltas?.next;
const codecs: readonly Codec[] = [
  seedCodec,
  centrifugeCodec,
  centrifugeProtobufCodec,
  plainSseCodec,
  toyCodec,
];

let sink: unknown;

describe(`${COUNT} publications of 120 bytes`, () => {
  for (const codec of codecs) {
    bench(codec.name, () => {
      for (const publication of publications) {
        sink = codec.encodePublication('sports:1', publication);
      }
    });
  }

  bench('centrifuge-delta', () => {
    for (const [i, publication] of publications.entries()) {
      sink = deltaCodec?.encodePublication('sports:1', publication, publications[i - 1]);
    }
  });
});

describe(`the ${PER_TICK} frames of a tick`, () => {
  for (const codec of codecs) {
    const frames: Frame[] = tick.map((each) => codec.encodePublication('sports:1', each));
    bench(`joined by ${codec.name}`, () => {
      sink = codec.joinFrames(frames, MAX_BYTES);
    });
  }
});

describe(`the kept frames of ${PER_TICK} publications`, () => {
  for (const codec of codecs) encodeFrames(codec, 'sports:1', tick, undefined, MAX_BYTES);
  const [oldest, newest] = [seedCodec, toyCodec];

  bench('of the codec that was used last', () => {
    for (const publication of tick) sink = encodeOnce(newest, 'sports:1', publication);
  });

  bench('of the codec that was used first, of five', () => {
    for (const publication of tick) sink = encodeOnce(oldest, 'sports:1', publication);
  });
});

export const lastSink = () => sink;
