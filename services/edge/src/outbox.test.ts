import { seedWire, toJsonLine } from '@newswire/protocol';
import type { Connection } from '@newswire/transport';
import { expect, test } from 'vitest';
import { LiveChannel } from './live-channel.js';
import { Outbox } from './outbox.js';
import { Session, type SessionContext } from './session.js';

const context: SessionContext = {
  join: () => undefined,
  leave: () => undefined,
  handleClosed: () => undefined,
  handleFault: () => undefined,
  maxChannelsPerSession: 10,
  now: () => 0,
};

function rig(maxFlushBytes = 1000) {
  const sent: string[] = [];
  const closes: number[] = [];
  const deferred: (() => void)[] = [];
  const state = { buffered: 0 };
  const connection: Connection = {
    id: 1,
    send: () => true,
    close: (code) => {
      closes.push(code);
      channel.remove(session);
    },
    bufferedBytes: () => state.buffered,
    join: () => undefined,
    leave: () => undefined,
    ping: () => undefined,
  };
  const session = new Session(connection, seedWire, context);
  const channel = new LiveChannel('a');
  channel.add(session);
  const outbox = new Outbox(
    { publish: (topic, text) => sent.push(`${topic}: ${text}`) },
    { maxFlushBytes, maxBufferedBytes: 100, defer: (flush) => deferred.push(flush) },
  );
  const hear = (offset: number, data: unknown = offset) => {
    channel.hear({ offset, data: toJsonLine(data) }, 'e');
    outbox.add(channel);
  };
  return { sent, closes, deferred, state, outbox, hear };
}

test('a tick is flushed once, in order, and not before it ends', () => {
  const { sent, deferred, hear } = rig();
  hear(1);
  hear(2);
  expect([sent, deferred.length]).toEqual([[], 1]);
  deferred.shift()?.();
  expect(sent).toEqual(['seed a: 1', 'seed a: 2']);
  hear(3);
  deferred.shift()?.();
  expect(sent.at(-1)).toBe('seed a: 3');
});

test('what is over the bytes of one tick waits for the next, but one item always goes', () => {
  const { sent, deferred, hear } = rig(10);
  hear(1, 'a longer text than ten bytes');
  hear(2, 'abcd');
  hear(3, 'efgh');
  deferred.shift()?.();
  expect(sent).toHaveLength(1);
  deferred.shift()?.();
  expect(sent).toHaveLength(2);
  deferred.shift()?.();
  expect(sent).toEqual(['seed a: a longer text than ten bytes', 'seed a: abcd', 'seed a: efgh']);
  expect(deferred).toEqual([]);
});

test('a session over its unsent bytes is closed before anything more is sent', () => {
  const { sent, closes, deferred, state, hear } = rig();
  state.buffered = 100;
  hear(1);
  deferred.shift()?.();
  expect([sent.length, closes]).toEqual([1, []]);
  state.buffered = 101;
  hear(2);
  deferred.shift()?.();
  expect([sent.length, closes]).toEqual([1, [3008]]);
});
