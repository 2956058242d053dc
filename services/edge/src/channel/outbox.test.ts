import type { Codec } from '@newswire/protocol';
import { describe, expect, test } from 'vitest';
import { FlushRig, centrifugeProtocol } from '../../test/rig/rig.js';
import { centrifugeCodec } from '../protocols/centrifuge/protocol.js';
import { toRingPublication } from './ring.js';

function rigWith(maxFlushBytes = 1000) {
  const rig = new FlushRig({ maxFlushBytes });
  const channel = rig.channel();
  const { session, socket } = rig.session();
  const subscription = rig.subscribe(session, channel);
  return { rig, channel, socket, subscription };
}

test('a tick is flushed once, in order, and not before it ends', () => {
  const { rig, channel, socket } = rigWith();
  rig.receive(channel);
  rig.receive(channel);
  expect([socket.frames, rig.deferred.length]).toEqual([[], 1]);
  rig.tick();
  expect(socket.frames).toEqual(['1', '2']);
  rig.receive(channel);
  rig.tick();
  expect(socket.frames).toEqual(['1', '2', '3']);
  expect(rig.flushes).toEqual([
    [2, 2],
    [1, 1],
  ]);
});

test('publications beyond the bytes of one tick wait for the next, but one is always sent', () => {
  const { rig, channel, socket } = rigWith(10);
  rig.receive(channel, 'a longer text than ten bytes');
  rig.receive(channel, 'abcd');
  rig.receive(channel, 'efgh');
  const counts = [1, 2, 3].map(() => {
    rig.tick();
    return socket.frames.length;
  });
  expect(counts).toEqual([1, 2, 3]);
  expect(rig.deferred).toEqual([]);
});

test('slow sessions are checked for again after a number of bytes sent, of any channel', () => {
  const rig = new FlushRig({ slowCheckBytes: 10, maxBufferedBytes: 100 });
  const [channel, other] = [rig.channel(), rig.channel()];
  const { session, socket } = rig.session();
  const subscription = rig.subscribe(session, channel);
  const flush = (which: typeof channel, data: string) => {
    rig.receive(which, data);
    rig.tick();
    return subscription.state.name;
  };
  expect(flush(channel, 'abc')).toBe('live');
  socket.buffered = 101;
  expect(flush(channel, 'abc')).toBe('live'); // 5 bytes since the last check
  flush(other, 'abc');
  expect(flush(channel, 'a')).toBe('lagging'); // 15 bytes by now
});

test('the flush position counts publications and bytes', () => {
  const { rig, channel } = rigWith();
  const flushed = channel.flushed.cursor;
  rig.receive(channel, 'é');
  rig.receive(channel, 'x');
  expect([channel.flushed.cursor, channel.keepFrom]).toEqual([flushed, flushed]);
  rig.tick();
  expect([channel.flushed.cursor - flushed, channel.flushed.bytes]).toEqual([2, 4 + 3]);
});

test('each codec has frames of its own: one for each publication, or one for all', () => {
  const { rig, channel, socket } = rigWith();
  const other = rig.session(centrifugeProtocol);
  rig.subscribe(other.session, channel);
  rig.receive(channel);
  rig.receive(channel);
  rig.tick();
  expect(socket.frames).toEqual(['1', '2']);
  const push = (offset: number) =>
    centrifugeCodec.encodePublication('a', { offset, data: String(offset) });
  expect(other.socket.frames).toEqual([`${push(1)}\n${push(2)}`]);
});

test('a publication is encoded once, however many sessions receive it, live or lagging', () => {
  let encodings = 0;
  const codec: Codec = {
    ...centrifugeCodec,
    encodePublication: (...publication) => {
      encodings++;
      return centrifugeCodec.encodePublication(...publication);
    },
  };
  const rig = new FlushRig();
  const channel = rig.channel();
  const clients = Array.from({ length: 5 }, () => rig.session({ ...centrifugeProtocol, codec }));
  for (const { session } of clients) rig.subscribe(session, channel);
  const [, , , ...lagging] = clients;
  for (const { socket } of lagging) socket.buffered = 101;
  for (let i = 0; i < 4; i++) {
    rig.receive(channel);
    rig.tick();
  }
  expect(lagging.map(({ socket }) => socket.frames)).toEqual([[], []]);
  for (const { socket, session } of lagging) {
    socket.buffered = 0;
    rig.catchUp.serve(session);
  }
  for (const { socket } of clients) {
    expect(socket.frames.join('\n').split('\n')).toHaveLength(4);
  }
  expect(encodings).toBe(4);
});

test('a channel that is left meanwhile is not flushed', () => {
  const { rig, channel, socket } = rigWith();
  rig.receive(channel);
  channel.leave();
  rig.flush();
  expect(socket.frames).toEqual([]);
});

test('publications that cannot be encoded are reported, and skipped', () => {
  const { rig, channel, socket } = rigWith();
  channel.log.append(toRingPublication({ offset: 1, data: '"no end\\' }, 0), channel.keepFrom);
  rig.outbox.add(channel);
  rig.flush();
  expect([rig.faults.length, socket.frames]).toEqual([1, []]);
  rig.receive(channel);
  rig.flush();
  expect(socket.frames).toEqual(['2']);
});

test('flushed resolves when everything received so far has been sent, over as many ticks as it takes', async () => {
  const { rig, channel, socket } = rigWith(1);
  for (let i = 0; i < 5; i++) rig.receive(channel);
  const flushed = rig.outbox.flushed(channel).then(() => 'flushed');
  const nextTurn = () => new Promise((resolve) => setImmediate(resolve, 'not yet'));
  for (let i = 0; i < 5; i++) {
    expect(await Promise.race([flushed, nextTurn()])).toBe('not yet');
    rig.tick();
  }
  expect([await flushed, socket.frames.length]).toEqual(['flushed', 5]);
});

describe('at the end of a generation', () => {
  test('clients with positions are notified before anything of the next one; the others continue', () => {
    const { rig, channel, socket } = rigWith();
    const { session, socket: positioned } = rig.session(centrifugeProtocol);
    const subscription = rig.subscribe(session, channel);
    rig.receive(channel);
    channel.log.beginGeneration({ epoch: 'f', firstOffset: 1 });
    rig.receive(channel, 'new');
    rig.tick();
    expect([positioned.frames.length, rig.broken]).toEqual([1, []]);
    rig.tick();
    expect([positioned.frames.length, rig.broken]).toEqual([1, [subscription]]);
    expect(socket.frames).toEqual(['1', 'new']);
    expect(channel.flushed.epoch).toBe('f');
  });

  test('clients that know the new one already stay', () => {
    const { rig, channel } = rigWith();
    const { session, socket } = rig.session(centrifugeProtocol);
    channel.log.beginGeneration({ epoch: 'f', firstOffset: 1 });
    const subscription = rig.subscribe(session, channel);
    rig.receive(channel);
    rig.flush();
    expect([subscription.state.name, socket.frames.length, rig.broken]).toEqual(['live', 1, []]);
  });
});
