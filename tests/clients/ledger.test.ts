import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger, missingPrograms, subscribed, TcpProxy, until } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from '../../services/edge/test/rig/sdk-stack.js';
import {
  listenByCentrifuge,
  LEDGER_APP,
  listenByEventSource,
  listenByPusher,
  listenBySeed,
  type Listener,
  type Place,
} from './ledger-listeners.js';

const CHANNELS = ['ledger-a', 'ledger-b'];

/** How each protocol's listener begins. */
const PROTOCOLS: readonly ((place: Place, ledger: Ledger) => Listener)[] = [
  (place, ledger) => listenByCentrifuge('websocket', place, ledger),
  (place, ledger) => listenByCentrifuge('sse', place, ledger),
  (place, ledger) => listenByCentrifuge('http_stream', place, ledger),
  (place, ledger) => listenByCentrifuge('websocket', place, ledger, 'protobuf'),
  (place, ledger) => listenByCentrifuge('http_stream', place, ledger, 'protobuf'),
  listenByPusher,
  listenByEventSource,
  listenBySeed,
];

const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');

describe.skipIf(missing.length > 0)('all protocols at once (need nginx and redis-server)', () => {
  let stack: Stack;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'newswire-ledger-'));
    const apps = join(folder, 'apps.json');
    writeFileSync(apps, JSON.stringify({ apps: [LEDGER_APP] }));
    stack = await Stack.start({ NEWSWIRE_PUSHER_APPS: apps });
  });
  afterAll(() => stack.stop());

  test('nothing is lost, doubled or out of order while connections are cut, and gaps are reported', async () => {
    const ledger = new Ledger();
    // A cut of one proxy is a cut of one protocol's listeners.
    const proxies = await Promise.all(PROTOCOLS.map(() => TcpProxy.start(stack.nginx.port)));
    const listeners = proxies.map((proxy, i) =>
      PROTOCOLS[i]?.({ host: `127.0.0.1:${proxy.port}`, channels: CHANNELS }, ledger),
    );
    const areAllThere = async () => {
      for (const channel of CHANNELS) await subscribed(stack.nginx.url, channel, PROTOCOLS.length);
    };
    await areAllThere();

    let token = 0;
    const publish = async (count: number) => {
      for (let i = 0; i < count; i++) {
        for (const channel of CHANNELS) {
          const data = ++token;
          ledger.accepted(channel, data, await stack.publish(channel, data));
        }
      }
    };
    const haveCaughtUp = () => until('all to have everything', () => ledger.behind() === 0, 20_000);

    for (let round = 0; round < 3; round++) {
      for (const proxy of proxies) {
        await publish(10);
        proxy.cut();
      }
    }
    // The seed protocol has no positions: a client that returns after the last publication never receives it.
    await areAllThere();
    await publish(10);
    await haveCaughtUp();

    // Away for longer than the log is kept.
    for (const proxy of proxies) proxy.block();
    for (const channel of CHANNELS) await stack.isLeft(channel);
    await publish(10);
    for (const channel of CHANNELS) {
      await stack.redis.cli('XTRIM', `nw0:{${channel}}:log`, 'MAXLEN', '3');
    }
    for (const proxy of proxies) proxy.unblock();
    await areAllThere();
    await publish(10);
    await haveCaughtUp();

    for (const listener of listeners) listener?.close();
    for (const proxy of proxies) proxy.close();
    const { subscriptions, ...sums } = ledger.verdict();
    expect(sums).toMatchObject({ lost: 0, doubled: 0, reordered: 0, skipped: 0, conflicts: 0 });
    expect(subscriptions).toHaveLength(PROTOCOLS.length * CHANNELS.length);
    expect(subscriptions.filter(({ delivered }) => delivered <= 50)).toEqual([]);
    // Protocols without positions report a gap by the end of the connection.
    const reports = subscriptions.map(({ subscriber, gaps }) => [subscriber, gaps.length]);
    expect(reports).toEqual(
      subscriptions.map(({ subscriber }) => [
        subscriber,
        ['seed', 'pusher'].includes(subscriber) ? 0 : 1,
      ]),
    );
    const covered = subscriptions.flatMap(({ gaps }) => gaps.map((gap) => gap.covered));
    expect(new Set(covered)).toEqual(new Set([10]));
  }, 60_000);

  test('nothing is lost, doubled or out of order while edges are killed and Redis restarts', async () => {
    const ledger = new Ledger();
    const channels = ['killed-a', 'killed-b'];
    const place = { host: `127.0.0.1:${stack.nginx.port}`, channels };
    const listeners = PROTOCOLS.map((listen) => listen(place, ledger));
    const areAllThere = async () => {
      for (const channel of channels) await subscribed(stack.nginx.url, channel, PROTOCOLS.length);
    };
    await areAllThere();

    const end = new AbortController();
    let token = 0;
    const publish = async () => {
      for (const channel of channels) {
        const data = ++token;
        ledger.accepted(channel, data, await stack.publish(channel, data));
      }
    };
    const publishing = (async () => {
      while (!end.signal.aborted) await publish();
    })();
    for (let round = 0; round < 3; round++) {
      const restartEdge = await stack.killUsedEdge();
      await areAllThere();
      await restartEdge();
      await stack.redis.stop(round === 0 ? 'SIGTERM' : 'SIGKILL');
      await stack.redis.start();
      await stack.isReady();
      await areAllThere();
    }
    end.abort();
    await publishing;
    await areAllThere();
    await publish();
    await until('all to have everything', () => ledger.behind() === 0, 20_000);

    for (const listener of listeners) listener.close();
    const { subscriptions, accepted, ...sums } = ledger.verdict();
    expect(sums).toMatchObject({ lost: 0, doubled: 0, reordered: 0, skipped: 0, conflicts: 0 });
    expect(subscriptions).toHaveLength(PROTOCOLS.length * channels.length);
    expect(accepted).toBeGreaterThan(100);
  }, 120_000);
});
