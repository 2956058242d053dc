import { createRegistry, type Logger } from '@newswire/runtime';
import { beforeEach, describe, expect, test } from 'vitest';
import { HubRig } from '../test/rig/hub-rig.js';
import { BoundedLog } from './bounded-log.js';
import { observeEdge } from './edge-observer.js';

type Line = [level: string, fields: object, message: string];

let lines: Line[];
let nowMs: number;

beforeEach(() => {
  lines = [];
  nowMs = 0;
});

function observed() {
  const write =
    (level: string) =>
    (...[fields, message]: [object, string]) =>
      void lines.push([level, fields, message]);
  const logger = {
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    debug: write('debug'),
  } as Pick<Logger, 'info' | 'warn' | 'error' | 'debug'> as Logger;
  return observeEdge(createRegistry(), logger, new BoundedLog(logger, () => nowMs));
}

const ann = { client: 'c1', credentials: { user: 'ann', subs: {} } };
const bob = { client: 'c2', credentials: { user: 'bob', subs: {} } };

describe('log lines about a session', () => {
  test('have its client and user, and the error', () => {
    const events = observed();
    const err = new Error('broken');
    events.onSessionClosed(ann, 3008);
    events.onFault(bob, err);
    expect(lines).toEqual([
      ['warn', { client: 'c1', user: 'ann' }, 'a slow client was closed with 3008'],
      ['error', { client: 'c2', user: 'bob', err }, 'a command failed'],
    ]);
  });

  test('have no user for an anonymous client', () => {
    observed().onSessionClosed({ client: 'c3', credentials: { user: '', subs: {} } }, 3008);
    expect(lines[0]?.[1]).toEqual({ client: 'c3' });
  });

  test('have the channel whose publications cannot be encoded', () => {
    const events = observed();
    const err = new Error('no JSON');
    events.onEncodingFault('news', [ann], err);
    nowMs = 10_000;
    events.onEncodingFault('news', [ann, bob], err);
    expect(lines.map(([, fields]) => fields)).toEqual([
      { channel: 'news', client: 'c1', user: 'ann', sessions: 1, err },
      { channel: 'news', sessions: 2, err },
    ]);
  });

  test('are written at most every ten seconds, with the number of those left out', () => {
    const events = observed();
    for (let i = 0; i < 1000; i++) {
      events.onSessionClosed(ann, 3008);
      events.onFault(ann, new Error('broken'));
    }
    expect(lines).toHaveLength(2);
    nowMs = 9999;
    events.onSessionClosed(bob, 3008);
    expect(lines).toHaveLength(2);
    nowMs = 10_000;
    events.onSessionClosed(bob, 3008);
    expect(lines.slice(2)).toEqual([
      ['warn', { client: 'c2', user: 'bob', omitted: 1000 }, 'a slow client was closed with 3008'],
    ]);
  });

  test('are not written for sessions that end as usual', () => {
    const events = observed();
    for (const code of [1000, 1001, 1006, 3005, 3501]) events.onSessionClosed(ann, code);
    expect(lines).toEqual([]);
  });
});

test('an unreachable broker is left to its own log line at the start', () => {
  const events = observed();
  events.onBrokerFailure(new Error('away'), true);
  expect(lines).toEqual([]);
  events.onBrokerFailure(new Error('refused'), false);
  events.onBrokerFailure(new Error('refused'), false);
  expect(lines.map(([level, , message]) => [level, message])).toEqual([
    ['warn', 'a request to the broker failed and is tried again: refused'],
  ]);
  nowMs = 10_000;
  events.onBrokerFailure(new Error('away'), true);
  expect(lines).toHaveLength(2);
});

test('a session that fails is named by its own client id and user', async () => {
  const events = observed();
  const rig = new HubRig(10, { rpc: () => Promise.reject(new Error('broken')) }, events);
  const client = await rig.connected();
  client.send({ id: 2, rpc: { method: 'm', data: 1 } });
  await expect
    .poll(() => lines)
    .toMatchObject([
      ['error', { client: client.session.client, err: { message: 'broken' } }, 'a command failed'],
    ]);
  expect(client.socket.closes).toEqual([3004]);
});
