// Run with `npx vitest bench --project unit services/edge/src/channel/ring.bench.ts`.
import { bench, describe } from 'vitest';
import { Ring, toRingPublication, type RingPublication } from './ring.js';

const PLAIN = { offset: 1, data: '{"text":"about as long as many"}' };
const LIMITS = { ringSize: 1000, ringBytes: 1_048_576 };

let sink: unknown;

describe('a publication in the form that the ring keeps', () => {
  bench('written out', () => {
    for (let i = 0; i < 1000; i++) sink = toRingPublication(PLAIN, i);
  });

  bench('spread', () => {
    for (let i = 0; i < 1000; i++) {
      const bytes = Buffer.byteLength(PLAIN.data);
      sink = { ...PLAIN, publishedMs: i, bytes, frames: undefined };
    }
  });
});

describe('a ring', () => {
  const ring = new Ring(LIMITS);
  const publication: RingPublication = toRingPublication(PLAIN, 0);

  bench('append 1000 publications, full ring', () => {
    for (let i = 0; i < 1000; i++) ring.append(publication, Infinity);
  });

  bench('read 1000 parts of 10 publications', () => {
    for (let i = 0; i < 1000; i++) sink = ring.slice(ring.end - 10, ring.end, 1000);
  });
});

export const lastSink = () => sink;
