import { ProtocolError } from '@newswire/protocol';
import { until } from '@newswire/testkit';
import { expect, test } from 'vitest';
import { Listener, nextTurn } from '@newswire/broker/contract';
import { RedisBroker, RedisControl } from '../src/index.js';
import { CutProxy, messageFrame } from './cut-proxy.js';
import { describeOnRedis, REDIS_OPTIONS } from './redis-rig.js';

describeOnRedis((rig) => {
  test('away: publishing fails at once with 100, temporary; back: all resumes, a gap is reported', async () => {
    const { broker } = await rig.openBroker();
    const listener = new Listener();
    await broker.subscribe('a', listener);
    await broker.publish('a', '1');
    await rig.redis.stop('SIGKILL');
    await until('the fault', () => broker.fault);
    expect(broker.fault).toMatch(/^Redis is away/);
    const error: unknown = await broker.publish('a', '2').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as ProtocolError).toBody()).toEqual({
      code: 100,
      message: 'internal error: Redis is away, try again',
      temporary: true,
    });
    await rig.redis.start();
    await until('Redis to be back', () => broker.fault === undefined);
    await broker.publish('a', '3');
    await listener.until('3');
    expect(listener.gaps).toEqual(['a']);
  });

  test('joined, left and joined again while Redis is away: the last state counts', async () => {
    const { broker } = await rig.openBroker();
    const handler = new Listener();
    await rig.redis.stop('SIGKILL');
    await until('the fault', () => broker.fault);
    const tries = await Promise.allSettled([
      broker.subscribe('a', handler),
      broker.unsubscribe('a'),
      broker.subscribe('a', handler),
    ]);
    expect(tries[2]?.status).toBe('rejected');
    await rig.redis.start();
    await until('Redis to be back', () => broker.fault === undefined);
    await broker.subscribe('a', handler);
    await broker.publish('a', '1');
    await handler.count(1);
  });

  test('one subscribe that fails does not take another one of the same handler with it', async () => {
    const { link, broker } = await rig.openBroker();
    const handler = new Listener();
    // The connection breaks during the first SUBSCRIBE. The second one follows on the new
    // connection.
    const subscribe = link.subscriber.subscribe.bind(link.subscriber);
    let fail: (error: Error) => void = () => undefined;
    link.subscriber.subscribe = () => new Promise((_, reject) => (fail = reject));
    const first = broker.subscribe('a', handler).catch((error: Error) => error.message);
    link.subscriber.subscribe = subscribe;
    await broker.subscribe('a', handler);
    fail(new Error('broken'));
    expect(await first).toBe('broken');
    await broker.publish('a', '1');
    await handler.count(1);
  });

  test('a message that is not ours, or a handler that throws, harms nothing else', async () => {
    const faults: unknown[] = [];
    const link = await rig.openLink({ onListenerFault: (error) => faults.push(error) });
    const broker = new RedisBroker(link, REDIS_OPTIONS);
    const control = new RedisControl(link, { publishTimeoutMs: 1000 });
    await control.serve(() => ({ channels: {} }), 'a');
    const received: string[] = [];
    await broker.subscribe('a', {
      handlePublication: (_, { data }) => {
        if (data === '"bad"') throw new Error('a handler failed');
        received.push(data);
      },
      handleGap: () => undefined,
      handleRemoval: () => undefined,
    });
    await rig.redis.cli('PUBLISH', 'nw0:control', 'garbage');
    await rig.redis.cli('PUBLISH', 'nw0:{a}', 'garbage');
    await rig.redis.cli('PUBLISH', 'nw0:{a}', 'x y z');
    await broker.publish('a', '"bad"');
    await broker.publish('a', '"good"');
    await until('the good one', () => received.length === 1);
    expect(received).toEqual(['"good"']);
    expect(faults.map(String)).toEqual([
      expect.stringContaining('SyntaxError'),
      'Error: a handler failed',
    ]);
    expect(broker.fault).toBeUndefined();
    expect(await control.request({ method: 'channels' })).toEqual([{ channels: {} }]);
  });

  test('paused: publishing fails within its time limit', async () => {
    const { broker } = await rig.openBroker();
    rig.redis.pause();
    try {
      await expect(broker.publish('a', '1')).rejects.toThrow(/did not answer in time/);
    } finally {
      rig.redis.resume();
    }
  });

  test('paused: what was not sent within its time limit never is', async () => {
    const { broker } = await rig.openBroker();
    await broker.publish('a', '0');
    const calls: Promise<unknown>[] = [];
    rig.redis.pause();
    try {
      for (let i = 1; i <= 20; i++) {
        calls.push(broker.publish('a', String(i)));
        await nextTurn();
      }
      for (const call of calls) await expect(call).rejects.toThrow(/did not answer in time/);
    } finally {
      rig.redis.resume();
    }
    await broker.publish('a', '"after"');
    const { publications } = await broker.history('a', 0, 99);
    const data = publications.map((publication) => publication.data);
    expect(data).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '"after"']);
  });

  test('publications received after a reconnect, before the gap is reported, are left to the log', async () => {
    const proxy = await CutProxy.start(rig.redis.port);
    const link = await rig.openLink({ redisUrl: proxy.url });
    const broker = new RedisBroker(link, REDIS_OPTIONS);
    const listener = new Listener();
    await broker.subscribe('a', listener);
    const { epoch } = await broker.publish('a', '1');
    await listener.count(1);
    // Simulates that 2 is lost with the connection and 3 arrives right after the next one has
    // subscribed.
    proxy.insertBefore('subscribe', messageFrame('nw0:{a}', `3 ${epoch} 3`));
    await rig.redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until('the gap', () => listener.gaps.length === 1);
    expect(proxy.inserted).toBe(1);
    await broker.publish('a', '2');
    await listener.until('2');
    expect(listener.data).toEqual(['1', '2']);
    await link.close();
    await proxy.dispose();
  });

  test('publications for an earlier subscription are not taken for the next one', async () => {
    const proxy = await CutProxy.start(rig.redis.port);
    const link = await rig.openLink({ redisUrl: proxy.url });
    const broker = new RedisBroker(link, REDIS_OPTIONS);
    await broker.subscribe('a', new Listener());
    const { epoch } = await broker.publish('a', '1');
    // Simulates that 2 arrives before the subscription ends, and 3 before the next one begins.
    proxy.insertBefore('unsubscribe', messageFrame('nw0:{a}', `2 ${epoch} 2`));
    const listener = new Listener();
    await Promise.all([broker.unsubscribe('a'), broker.subscribe('a', listener)]);
    expect(proxy.inserted).toBe(1);
    await broker.publish('a', '"live"');
    await listener.until('"live"');
    expect(listener.data).toEqual(['"live"']);
    await link.close();
    await proxy.dispose();
  });

  test('a master that was demoted and is one again counts as another data set, which kept all', async () => {
    const { link, broker } = await rig.openBroker();
    const first = await broker.publish('a', '1');
    const { identity } = link;
    await rig.redis.cli('REPLICAOF', '127.0.0.1', '1');
    await expect(broker.publish('a', '2')).rejects.toThrow(/READONLY/);
    await rig.redis.cli('REPLICAOF', 'NO', 'ONE');
    // Starts another read of the identity, now that the server is a master again.
    link.doubtIdentity();
    expect(link.fault).toMatch(/^Redis is away/);
    await expect(broker.publish('a', '3')).rejects.toThrow(/Redis is away/);
    await expect(broker.history('a', 0, 0)).rejects.toThrow(/Redis is away/);
    await until('the identity', () => link.fault === undefined);
    expect(link.identity).not.toBe(identity);
    expect(await broker.publish('a', '4')).toEqual({ offset: 2, epoch: first.epoch });
    expect(await rig.redis.cli('HGET', 'nw0:{a}:meta', 'i')).toBe(link.identity);
  });

  test('a READONLY answer alone makes the identity doubtful', async () => {
    const { link, broker } = await rig.openBroker();
    await rig.redis.cli('REPLICAOF', '127.0.0.1', '1');
    const identities: (string | undefined)[] = [];
    await broker.publish('a', '1').catch(() => identities.push(link.identity));
    await rig.redis.cli('REPLICAOF', 'NO', 'ONE');
    expect(identities).toEqual([undefined]);
  });

  test('messages that were in transit on a broken connection do not arrive after those of the next one', async () => {
    const proxy = await CutProxy.start(rig.redis.port);
    const link = await rig.openLink({ redisUrl: proxy.url });
    const broker = new RedisBroker(link, REDIS_OPTIONS);
    const first = await broker.publish('a', '1');
    proxy.hold();
    const lost = broker.publish('a', '"late"');
    await until('the request', () => proxy.heldBytes > 0);
    proxy.cut();
    await expect(lost).rejects.toThrow(/Redis is away/);
    await until('the link', () => link.fault === undefined);
    expect(await broker.publish('a', '2')).toEqual({ offset: 2, epoch: first.epoch });
    await proxy.releaseLate();
    expect(await broker.publish('a', '3')).toEqual({ offset: 3, epoch: first.epoch });
    const { publications } = await broker.history('a', 0, 10);
    expect(publications.map(({ data }) => data)).toEqual(['1', '2', '3']);
    await link.close();
    await proxy.dispose();
  });
});
