import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  EventTable,
  LocalControl,
  MemoryBlockList,
  MemoryBroker,
  PresenceTable,
} from '@newswire/broker';
import { parseGreeting } from './delegate-handshake.js';
import { LINE, parsePage, parsePublication } from './delegate-lines.js';
import type { DelegateLink } from './delegate-link.js';
import { LinkedEvents } from './events-peer.js';
import { EdgePeer } from './delegate-peer.js';
import { Subscribers } from './delegate-subscribers.js';
import { Uplink } from './delegate-uplink.js';
import { EdgeLeases } from './edge-leases.js';

const ignore = () => undefined;

/** Keeps the lines that are sent on it. */
class FakeLink {
  readonly lines: string[] = [];
  send(line: string): void {
    this.lines.push(line);
  }
  async untilUnsent(): Promise<void> {}
  destroy(): void {}
}

const field = fc.oneof(
  fc.constantFrom('1', '0', 'a', 'b', '*', '-', '+', '=', '+=', 'e!', 'uid', '9007199254740993'),
  fc.nat().map(String),
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', '')),
  fc.json(),
  fc.constantFrom(
    '{"client":"c","user":"u"}',
    '{"method":"channels"}',
    '{"method":"info"}',
    '+"tags":{}\u001e1',
    '+no separator',
    '107 bad request: x',
  ),
);
const verb = fc.oneof(fc.constantFrom(...Object.values(LINE)), fc.string({ maxLength: 2 }));
const anyLine = fc
  .oneof(
    { weight: 6, arbitrary: fc.tuple(verb, fc.array(field, { maxLength: 6 })) },
    fc.tuple(field, fc.constant([])),
  )
  .map(([first, rest]) => [first, ...rest].join(' ').replaceAll('\n', ''));

const broker = new MemoryBroker({
  getLimits: () => ({ historySize: 10, historyTtlMs: 60_000 }),
  historyBytes: 100_000,
});
const control = new LocalControl(ignore);

beforeAll(() => control.serve(() => ({ count: 1 }), 'uid'));
afterAll(() => broker.close());

/** A link ends if the handling of a line throws; only an Error carries the reason. */
function received(handle: () => void): 'received' | 'refused' {
  try {
    handle();
    return 'received';
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return 'refused';
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('center answers any line of an edge, or ends the link', async () => {
  const table = new PresenceTable(ignore);
  const leases = new EdgeLeases(table, 1000);
  const events = new LinkedEvents(new EventTable());
  const counts = { received: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(anyLine, { minLength: 1, maxLength: 8 }), async (lines) => {
      const link = new FakeLink();
      const peer = new EdgePeer(link as unknown as DelegateLink, 'edge', {
        broker,
        control,
        blockList: new MemoryBlockList(),
        subscribers: new Subscribers(broker),
        presence: { table, leases },
        events,
        onClosed: ignore,
      });
      for (const line of lines) counts[received(() => peer.handleLine(line))]++;
      await settled();
      peer.handleClosed();
      for (const sent of link.lines) expect(sent).toMatch(/^[=!IPRE?] [^\n]*$/);
    }),
    { numRuns: 3000 },
  );
  expect(counts.received).toBeGreaterThan(1000);
  expect(counts.refused).toBeGreaterThan(1000);
});

test('an edge handles any line of center, or ends the link', () => {
  const uplink = new Uplink({ info: ignore, warn: ignore });
  const counts = { received: 0, refused: 0 };
  fc.assert(
    fc.property(anyLine, (line) => void counts[received(() => uplink.handleLine(line))]++),
    { numRuns: 20_000 },
  );
  expect(Math.min(counts.received, counts.refused)).toBeGreaterThan(10);
});

test('any line is parsed or refused', () => {
  const counts = { received: 0, refused: 0 };
  fc.assert(
    fc.property(anyLine, (line) => {
      counts[received(() => parsePublication(line))]++;
      counts[received(() => parsePage(line, []))]++;
      const greeting = parseGreeting(line);
      if (greeting !== undefined) expect(line).toContain(greeting.edge);
    }),
    { numRuns: 10_000 },
  );
  expect(Math.min(counts.received, counts.refused)).toBeGreaterThan(100);
});
