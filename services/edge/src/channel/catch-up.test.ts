import { describe, expect, test } from 'vitest';
import { centrifugeProtocol, FlushRig, type FakeSocket } from '../../test/rig/rig.js';
import { encodeFrames } from './frames.js';
import type { LiveChannel } from './live-channel.js';
import { toRingPublication } from './ring.js';

function rigWith(options: ConstructorParameters<typeof FlushRig>[0] = {}) {
  const rig = new FlushRig(options);
  const channel = rig.channel();
  const { session, socket } = rig.session();
  const subscription = rig.subscribe(session, channel);
  return { rig, channel, session, socket, subscription };
}

/** Publishes this many, each in its own tick. */
function publish(rig: FlushRig, channel: LiveChannel, count: number): void {
  for (let i = 0; i < count; i++) {
    rig.receive(channel);
    rig.flush();
  }
}

const numbers = ({ frames }: FakeSocket) => frames.map(Number);

describe('a slow session', () => {
  test('leaves its topics before a flush, and others do not notice', () => {
    const { rig, channel, socket, subscription } = rigWith();
    const other = rig.session();
    rig.subscribe(other.session, channel);
    socket.buffered = 100;
    publish(rig, channel, 1);
    expect([subscription.state.name, numbers(socket)]).toEqual(['live', [1]]);
    socket.buffered = 101;
    publish(rig, channel, 2);
    expect([subscription.state.name, numbers(socket), rig.slow]).toEqual(['lagging', [1], 1]);
    expect([...socket.topics]).toEqual([]);
    expect(numbers(other.socket)).toEqual([1, 2, 3]);
    expect([rig.catchUp.sessionCount, channel.listenerCount, channel.liveCount]).toEqual([1, 2, 1]);
  });

  test('is served as it drains, and rejoins exactly where its channel was flushed', () => {
    const { rig, channel, session, socket, subscription } = rigWith();
    socket.buffered = 101;
    publish(rig, channel, 3);
    socket.buffered = 26;
    rig.catchUp.serve(session);
    expect(numbers(socket)).toEqual([]);
    socket.buffered = 25;
    rig.receive(channel); // not flushed yet: this one is sent by the topic
    rig.catchUp.serve(session);
    expect(numbers(socket)).toEqual([1, 2, 3]);
    expect([subscription.state.name, [...socket.topics]]).toEqual(['live', ['seed a']]);
    rig.flush();
    publish(rig, channel, 1);
    expect(numbers(socket)).toEqual([1, 2, 3, 4, 5]);
    expect([rig.served, rig.catchUp.sessionCount]).toEqual([3, 0]);
  });

  test('gets no more than its socket accepts, and the rest once the socket has drained', () => {
    const { rig, channel, session, socket } = rigWith({ maxBufferedBytes: 40_000 });
    const data = 'x'.repeat(30_000);
    for (let i = 0; i < 3; i++) rig.receive(channel, data);
    socket.buffered = 40_001;
    rig.flush();
    socket.isStuck = true;
    for (const sent of [1, 2, 3]) {
      socket.buffered = 0;
      rig.catchUp.serve(session);
      rig.catchUp.serve(session);
      expect(socket.frames).toHaveLength(sent);
    }
  });

  test('leaves the topics of all its channels, and is served from them in turns', () => {
    const { rig, channel, session, socket } = rigWith({ maxBufferedBytes: 1_000_000 });
    const b = rig.channel('b');
    rig.subscribe(session, b);
    socket.buffered = 1_000_001;
    for (let i = 0; i < 3; i++) rig.receive(channel, `a${'x'.repeat(20_000)}`);
    rig.flush();
    expect([...socket.topics]).toEqual([]);
    for (let i = 0; i < 3; i++) rig.receive(b, `b${'x'.repeat(20_000)}`);
    rig.flush();
    expect(rig.slow).toBe(1);
    socket.buffered = 0;
    rig.catchUp.serve(session);
    expect(socket.frames.map((frame) => frame[0])).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect([...socket.topics].toSorted()).toEqual(['seed a', 'seed b']);
  });

  test('that has ended is forgotten', () => {
    const { rig, channel, session, socket, subscription } = rigWith();
    socket.buffered = 101;
    publish(rig, channel, 1);
    rig.catchUp.forget(subscription);
    socket.buffered = 0;
    rig.catchUp.serve(session);
    expect([socket.frames, rig.catchUp.sessionCount]).toEqual([[], 0]);
  });
});

describe('a subscription', () => {
  test('that begins where its channel was flushed is live at once', () => {
    const { rig, subscription } = rigWith();
    expect([subscription.state.name, rig.catchUp.sessionCount]).toEqual(['live', 0]);
  });

  test('that begins in the ring is served from there', () => {
    const { rig, channel } = rigWith();
    publish(rig, channel, 5);
    const { session, socket } = rig.session();
    const subscription = rig.subscribe(session, channel, channel.flushed.cursor - 3);
    expect([numbers(socket), subscription.state.name]).toEqual([[3, 4, 5], 'live']);
  });

  test('that is ahead of the flush waits for it, and gets nothing twice', () => {
    const { rig, channel } = rigWith();
    rig.receive(channel);
    rig.receive(channel);
    const { session, socket } = rig.session();
    const subscription = rig.subscribe(session, channel, channel.flushed.cursor + 1);
    expect(subscription.state.name).toBe('lagging');
    rig.flush();
    expect([numbers(socket), subscription.state.name]).toEqual([[2], 'live']);
  });

  test('requests publications older than the ring once, and continues when they have been read', () => {
    const rig = new FlushRig();
    const channel = rig.channel('a', { ringSize: 2, ringBytes: 1000 });
    publish(rig, channel, 6);
    const { session, socket } = rig.session();
    const subscription = rig.subscribe(session, channel, channel.flushed.cursor - 5);
    expect([rig.starved, socket.frames]).toEqual([[subscription], []]);
    const items = [1, 2, 3, 4, 5, 6].map((offset) =>
      toRingPublication({ offset, data: String(offset) }, 0),
    );
    channel.log.addOlder(channel.flushed.cursor - 5, items);
    rig.catchUp.serve(session);
    expect([numbers(socket), subscription.state.name]).toEqual([[2, 3, 4, 5, 6], 'live']);
  });

  test('with positions is broken where a generation ends; one without positions continues', () => {
    const rig = new FlushRig();
    const channel = rig.channel();
    publish(rig, channel, 2);
    channel.log.beginGeneration({ epoch: 'f', firstOffset: 1 });
    publish(rig, channel, 2);
    const [seed, positioned] = [rig.session(), rig.session(centrifugeProtocol)];
    rig.subscribe(seed.session, channel, channel.flushed.cursor - 3);
    const subscription = rig.subscribe(positioned.session, channel, channel.flushed.cursor - 3);
    expect(numbers(seed.socket)).toEqual([2, 1, 2]);
    expect(positioned.socket.frames).toHaveLength(1);
    expect(rig.broken).toEqual([subscription]);
  });

  test('with positions is broken at the end of a generation, also if no publication of the next was flushed', () => {
    const rig = new FlushRig();
    const channel = rig.channel();
    const { session, socket } = rig.session(centrifugeProtocol);
    const subscription = rig.subscribe(session, channel);
    socket.buffered = 101;
    publish(rig, channel, 1);
    channel.log.beginGeneration({ epoch: 'f', firstOffset: 1 });
    rig.receive(channel);
    socket.buffered = 0;
    rig.catchUp.serve(session);
    expect([socket.frames.length, rig.broken]).toEqual([1, [subscription]]);
  });

  test('with a publication that cannot be encoded is reported, and does not stop the others', () => {
    const { rig, channel, session, socket } = rigWith();
    const b = rig.channel('b');
    rig.subscribe(session, b);
    socket.buffered = 101;
    channel.log.append(toRingPublication({ offset: 1, data: '"no end\\' }, 0), channel.keepFrom);
    rig.outbox.add(channel);
    publish(rig, b, 1);
    socket.buffered = 0;
    rig.catchUp.serve(session);
    expect([rig.faults.length > 0, numbers(socket)]).toEqual([true, [1]]);
  });
});

describe('limits', () => {
  test('by bytes: flushed data that was not sent to it, over all its channels', () => {
    const { rig, channel, session, socket } = rigWith({ maxLagBytes: 1000 });
    const b = rig.channel('b');
    rig.subscribe(session, b);
    socket.buffered = 101;
    const half = 'x'.repeat(498); // 500 bytes with its quotes
    rig.receive(channel, half);
    rig.receive(b, half);
    rig.flush();
    rig.catchUp.sweep();
    expect(socket.closes).toEqual([]);
    rig.receive(b);
    rig.flush();
    rig.catchUp.sweep();
    expect(socket.closes).toEqual([3008]);
  });

  test.each([
    [60_000, [3008]],
    [60_004, []],
  ])('by bytes: of three, one was sent meanwhile; %i are allowed', (maxLagBytes, closes) => {
    const { rig, channel, session, socket } = rigWith({ maxLagBytes });
    const data = 'x'.repeat(30_000); // 30,002 bytes with its quotes
    socket.buffered = 101;
    rig.receive(channel, data);
    rig.receive(channel, data);
    rig.flush();
    socket.buffered = 0;
    socket.isStuck = true;
    rig.catchUp.serve(session);
    expect(socket.frames).toHaveLength(1);
    rig.receive(channel, data);
    rig.flush();
    rig.catchUp.sweep();
    expect(socket.closes).toEqual(closes);
  });

  test('by time: since it left the live flow', () => {
    const { rig, channel, session, socket } = rigWith({ maxLagMs: 1000 });
    rig.nowMs = 5000;
    socket.buffered = 101;
    publish(rig, channel, 1);
    rig.nowMs = 6000;
    rig.catchUp.sweep();
    expect(socket.closes).toEqual([]);
    socket.buffered = 0;
    rig.catchUp.serve(session);
    rig.nowMs = 9000;
    rig.catchUp.sweep();
    expect(socket.closes).toEqual([]);
    socket.buffered = 101;
    publish(rig, channel, 1);
    rig.nowMs = 10_001;
    rig.catchUp.sweep();
    expect(socket.closes).toEqual([3008]);
  });
});

test('no publications need no frames', () => {
  expect(encodeFrames(centrifugeProtocol.codec, 'a', [], undefined, 1000)).toEqual([]);
});
