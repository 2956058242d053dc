import type { CloseKind } from '@newswire/protocol';
import { expect, test } from 'vitest';
import { ConnectionLimiter, type ConnectionLimiterOptions } from './connection-limiter.js';
import type { Session } from './session.js';

/** The part of a session that a connection limiter uses: its address, and that it can be closed. */
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

function newConnectionLimiter(options: Partial<ConnectionLimiterOptions> = {}) {
  nowMs = 0;
  const connectionLimiter = new ConnectionLimiter({
    maxConnections: 4,
    maxConnectionsPerUser: 2,
    maxConnectionsPerAddress: 3,
    connectsPerSecond: 100,
    now: () => nowMs,
    ...options,
  });
  const enter = (address = '10.0.0.1') => {
    const visitor = new Visitor(address);
    connectionLimiter.enter(visitor as unknown as Session);
    return visitor;
  };
  const leave = (visitor: Visitor) => connectionLimiter.leave(visitor as unknown as Session);
  const admits = (visitor: Visitor, user: string) =>
    connectionLimiter.admits(visitor as unknown as Session, user);
  return { connectionLimiter, enter, leave, admits };
}

test('an edge is full at its limit until a connection closes', () => {
  const { connectionLimiter, enter, leave } = newConnectionLimiter();
  const visitors = ['1.1.1.1', '1.1.1.2', '1.1.1.3'].map((address) => enter(address));
  expect(connectionLimiter.isFull).toBe(false);
  const last = enter('1.1.1.4');
  expect(connectionLimiter.isFull).toBe(true);
  leave(last);
  leave(last); // called twice, counted once
  expect(connectionLimiter.isFull).toBe(false);
  expect(visitors.flatMap(({ closes }) => closes)).toEqual([]);
});

test('one address has so many connections, a /64 counting as one', () => {
  const { enter, leave } = newConnectionLimiter();
  const first = enter('2001:db8::1');
  for (const address of ['2001:db8::2', '2001:db8::3']) enter(address);
  expect(enter('2001:db8::4').closes).toEqual(['connectionLimit']);
  expect(enter('2001:db8:0:1::1').closes).toEqual([]);
  leave(first);
  expect(enter('2001:db8::5').closes).toEqual([]);
});

test('a connection closed by the limiter frees no place when it leaves', () => {
  const { connectionLimiter, enter, leave } = newConnectionLimiter({
    maxConnectionsPerAddress: 1,
    maxConnections: 2,
  });
  enter();
  const refused = enter();
  leave(refused);
  enter('10.0.0.2');
  expect(connectionLimiter.isFull).toBe(true);
});

test('one user has so many connections; those without a name are not counted', () => {
  const { enter, leave, admits } = newConnectionLimiter({
    maxConnectionsPerAddress: 10,
    maxConnections: 10,
  });
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
  const { enter } = newConnectionLimiter({
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
