import type { CloseKind } from '@newswire/protocol';
import { expect, test } from 'vitest';
import { Gate, type GateOptions } from './gate.js';
import type { Session } from './session.js';

/** What a gate knows of a session: where it comes from, and that it can be closed. */
class Visitor {
  readonly closes: CloseKind[] = [];
  readonly origin: { readonly address: string };

  constructor(address: string) {
    this.origin = { address };
  }

  close(kind: CloseKind): void {
    this.closes.push(kind);
  }
}

let nowMs = 0;

function gateOf(options: Partial<GateOptions> = {}) {
  nowMs = 0;
  const gate = new Gate({
    maxConnections: 4,
    maxConnectionsPerUser: 2,
    maxConnectionsPerAddress: 3,
    connectsPerSecond: 100,
    now: () => nowMs,
    ...options,
  });
  const enter = (address = '10.0.0.1') => {
    const visitor = new Visitor(address);
    gate.enter(visitor as unknown as Session);
    return visitor;
  };
  const leave = (visitor: Visitor) => gate.leave(visitor as unknown as Session);
  const admits = (visitor: Visitor, user: string) =>
    gate.admits(visitor as unknown as Session, user);
  return { gate, enter, leave, admits };
}

test('an edge is full at its limit, until somebody leaves', () => {
  const { gate, enter, leave } = gateOf();
  const visitors = ['1.1.1.1', '1.1.1.2', '1.1.1.3'].map((address) => enter(address));
  expect(gate.isFull).toBe(false);
  const last = enter('1.1.1.4');
  expect(gate.isFull).toBe(true);
  leave(last);
  leave(last); // told twice, counted once
  expect(gate.isFull).toBe(false);
  expect(visitors.flatMap(({ closes }) => closes)).toEqual([]);
});

test('one address has so many connections, a /64 counting as one', () => {
  const { enter, leave } = gateOf();
  const first = enter('2001:db8::1');
  for (const address of ['2001:db8::2', '2001:db8::3']) enter(address);
  expect(enter('2001:db8::4').closes).toEqual(['connectionLimit']);
  expect(enter('2001:db8:0:1::1').closes).toEqual([]);
  leave(first);
  expect(enter('2001:db8::5').closes).toEqual([]);
});

test('who was closed at the gate takes no place when it leaves', () => {
  const { gate, enter, leave } = gateOf({ maxConnectionsPerAddress: 1, maxConnections: 2 });
  enter();
  const refused = enter();
  leave(refused);
  enter('10.0.0.2');
  expect(gate.isFull).toBe(true);
});

test('one user has so many connections; those without a name are not counted', () => {
  const { enter, leave, admits } = gateOf({ maxConnectionsPerAddress: 10, maxConnections: 10 });
  const [first, second, third] = [enter(), enter(), enter()];
  expect([admits(first, 'ann'), admits(second, 'ann'), admits(third, 'ann')]).toEqual([
    true,
    true,
    false,
  ]);
  expect(admits(third, 'bob')).toBe(true);
  leave(first);
  expect(admits(enter(), 'ann')).toBe(true);
  for (let i = 0; i < 4; i++) expect(admits(enter(), '')).toBe(true);
});

test('one address may come so often a second', () => {
  const { enter } = gateOf({
    connectsPerSecond: 2,
    maxConnectionsPerAddress: 100,
    maxConnections: 100,
  });
  const closes = () => [enter(), enter(), enter()].map((each) => each.closes);
  expect(closes()).toEqual([[], [], ['tooManyRequests']]);
  expect(enter('10.0.0.2').closes).toEqual([]);
  nowMs = 1000;
  expect(closes()).toEqual([[], [], ['tooManyRequests']]);
});
