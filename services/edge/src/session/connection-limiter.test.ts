import { expect, test } from 'vitest';
import {
  ConnectionLimiter,
  type ConnectionLimiterOptions,
  type ConnectionSlot,
} from './connection-limiter.js';

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
  const refusals: string[] = [];
  /** The slot of a connection; undefined if it is refused. */
  const enter = (address = '10.0.0.1'): ConnectionSlot | undefined => {
    const slot = connectionLimiter.take(address);
    if (typeof slot !== 'string') return slot;
    refusals.push(slot);
    return undefined;
  };
  return { connectionLimiter, refusals, enter };
}

test('an edge is full at its limit, until a connection ends', () => {
  const { connectionLimiter, refusals, enter } = newConnectionLimiter();
  for (const address of ['1.1.1.1', '1.1.1.2', '1.1.1.3']) enter(address);
  expect(connectionLimiter.isFull).toBe(false);
  const last = enter('1.1.1.4');
  expect(connectionLimiter.isFull).toBe(true);
  expect(refusals).toEqual([]);
  enter('1.1.1.5');
  expect(refusals).toEqual(['full']);
  last?.release();
  last?.release(); // called twice, counted once
  expect(connectionLimiter.isFull).toBe(false);
});

test('one address has so many connections, a /64 counting as one', () => {
  const { refusals, enter } = newConnectionLimiter();
  const first = enter('2001:db8::1');
  for (const address of ['2001:db8::2', '2001:db8::3']) enter(address);
  expect(enter('2001:db8::4')).toBeUndefined();
  expect(refusals).toEqual(['address']);
  expect(enter('2001:db8:0:1::1')).toBeDefined();
  first?.release();
  expect(enter('2001:db8::5')).toBeDefined();
  expect(refusals).toEqual(['address']);
});

test('a refused connection takes no slot', () => {
  const { connectionLimiter, enter } = newConnectionLimiter({
    maxConnectionsPerAddress: 1,
    maxConnections: 2,
  });
  enter();
  expect(enter()).toBeUndefined();
  expect(connectionLimiter.isFull).toBe(false);
  enter('10.0.0.2');
  expect(connectionLimiter.isFull).toBe(true);
});

test('one user has so many connections; those without a name are not counted', () => {
  const { enter } = newConnectionLimiter({ maxConnectionsPerAddress: 10, maxConnections: 10 });
  const [first, second, third] = [enter(), enter(), enter()];
  const counted = [first, second, third].map((slot) => slot?.countFor('ann'));
  expect(counted).toEqual([true, true, false]);
  expect(third?.countFor('bob')).toBe(true);
  first?.release();
  expect(enter()?.countFor('ann')).toBe(true);
  for (let i = 0; i < 4; i++) expect(enter()?.countFor('')).toBe(true);
});

test('one address may connect so often a second', () => {
  const { refusals, enter } = newConnectionLimiter({
    connectsPerSecond: 2,
    maxConnectionsPerAddress: 100,
    maxConnections: 100,
  });
  const areIn = () => [enter(), enter(), enter()].map((slot) => slot !== undefined);
  expect(areIn()).toEqual([true, true, false]);
  expect(refusals).toEqual(['rate']);
  expect(enter('10.0.0.2')).toBeDefined();
  nowMs = 1000;
  expect(areIn()).toEqual([true, true, false]);
});
