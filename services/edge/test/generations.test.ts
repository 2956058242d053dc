import {
  callApi,
  CentrifugeClient,
  Ledger,
  missingPrograms,
  NewswireProcess,
  openRaw,
  RedisServer,
  TcpProxy,
  until,
  type SubscriptionLog,
} from '@newswire/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const missing = missingPrograms('redis-server', 'redis-cli');

/** A client on channel c that records its notifications and publications. */
interface Listener {
  readonly client: CentrifugeClient;
  readonly log: SubscriptionLog;
  readonly events: string[];
  /** Where it connects to, from its next connection on. */
  edge: NewswireProcess;
}

describe.skipIf(missing.length > 0)('generations of a log in Redis (needs redis-server)', () => {
  let redis: RedisServer;
  /** What stands between one of the services and Redis. */
  let proxy: TcpProxy;
  let center: NewswireProcess;
  let ledger: Ledger;
  const services: NewswireProcess[] = [];
  const listeners: Listener[] = [];

  beforeEach(async () => {
    redis = await RedisServer.start();
    proxy = await TcpProxy.start(redis.port);
    ledger = new Ledger();
  });
  afterEach(async () => {
    for (const { client } of listeners.splice(0)) client.close();
    await Promise.all(services.splice(0).map((service) => service.stop('SIGKILL')));
    proxy.close();
    await redis.dispose();
  });

  async function start(service: 'edge' | 'center', redisPort = redis.port) {
    const process = await NewswireProcess.start(service, {
      NEWSWIRE_REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      NEWSWIRE_DRAIN_MS: '0',
    });
    services.push(process);
    return process;
  }

  async function listen(edge: NewswireProcess): Promise<Listener> {
    const log = ledger.subscription(`listener ${listeners.length + 1}`, 'c');
    const events: string[] = [];
    const client = new CentrifugeClient({
      url: () => listener.edge.webSocketUrl,
      channels: ['c'],
      open: openRaw(),
      observer: {
        onSubscribed: (_, { epoch = '', offset = 0, recovered = false }, asked) => {
          log.subscribed({ epoch, offset, recovered }, asked);
          events.push(asked === undefined ? 'subscribed' : `recovered ${recovered}`);
        },
        onPublication: (_, offset, data) => {
          const token = Number.parseInt(JSON.parse(data) as string, 10);
          log.delivered(offset, token);
          events.push(`item ${token}`);
        },
        onUnsubscribed: (_, code) => events.push(`unsubscribed ${code}`),
        onError: () => undefined,
        onDisconnected: () => undefined,
      },
    });
    const listener = { client, log, events, edge };
    listeners.push(listener);
    client.connect();
    await until('the subscription', () => client.isLive);
    return listener;
  }

  async function publish(token: number, padding = ''): Promise<void> {
    const body = { channel: 'c', data: `${token} ${padding}`, idempotency_key: `key-${token}` };
    const answer = await until(`an answer to ${token}`, async () => {
      const { result } = (await callApi(center.url, 'publish', body)) as {
        result?: { epoch: string; offset: number };
      };
      if (result === undefined) ledger.failed('c', token);
      return result;
    });
    ledger.accepted('c', token, answer);
  }

  async function has(listener: Listener, token: number): Promise<void> {
    const { events } = listener;
    await until(`item ${token}`, () => events.includes(`item ${token}`)).catch((error: Error) => {
      throw new Error(`${error.message}, after ${events.join(', ')}`);
    });
  }

  async function isReady(service: NewswireProcess): Promise<void> {
    await until('a service to be ready', async () => (await service.status('/readyz')) === 200);
  }

  /** Both edges have read the log since Redis was started; no other process runs scripts then. */
  async function logIsRead(): Promise<void> {
    await until('both edges to read the log', async () => {
      const statistics = await redis.cli('INFO', 'commandstats');
      const count = (pattern: RegExp) => Number(pattern.exec(statistics)?.[1] ?? 0);
      const whole = count(/^cmdstat_eval:calls=(\d+)/m);
      const failed = count(/^cmdstat_evalsha:.*failed_calls=(\d+)/m);
      return whole + count(/^cmdstat_evalsha:calls=(\d+)/m) - failed >= 2;
    });
  }

  async function allCaughtUp(): Promise<void> {
    await until('all to have or know of everything', () => ledger.behind() === 0);
  }

  const CLEAN = { lost: 0, doubled: 0, reordered: 0, skipped: 0, conflicts: 0 };

  function gaps(): number {
    return ledger.verdict().subscriptions.flatMap((each) => each.gaps).length;
  }

  test('FLUSHALL: listening clients continue in the next generation, and miss nothing', async () => {
    center = await start('center');
    const edges = [await start('edge'), await start('edge')];
    const all = await Promise.all(edges.map(listen));
    await publish(1);
    for (const listener of all) await has(listener, 1);
    await redis.cli('FLUSHALL');
    await publish(2);
    await publish(3);
    for (const listener of all) {
      await has(listener, 3);
      const led = ['unsubscribed 2500', 'recovered true'];
      expect(listener.events).toEqual(['subscribed', 'item 1', ...led, 'item 2', 'item 3']);
    }
    expect([ledger.verdict(), gaps()]).toMatchObject([CLEAN, 0]);
  });

  test('an edge that has not received a generation does not send its listeners back', async () => {
    center = await start('center');
    const [late, current] = [await start('edge', proxy.port), await start('edge')];
    const [stays, moves] = [await listen(late), await listen(current)];
    await publish(1);
    for (const listener of [stays, moves]) await has(listener, 1);
    proxy.block();
    await redis.cli('FLUSHALL');
    await publish(2);
    await has(moves, 2);
    moves.edge = late;
    moves.client.cut();
    await publish(3);
    const offers = async () => {
      const metrics = await fetch(`${late.url}/metrics`).then((response) => response.text());
      return /^newswire_edge_sessions 2$/m.test(metrics);
    };
    await until('the client to have moved', offers);
    proxy.unblock();
    for (const listener of [stays, moves]) await has(listener, 3);
    expect(moves.events.filter((event) => event.startsWith('item'))).toEqual([
      'item 1',
      'item 2',
      'item 3',
    ]);
    expect([ledger.verdict(), gaps()]).toMatchObject([CLEAN, 0]);
  });

  test('a publication that Redis lost is reported by the one edge that did not receive it', async () => {
    center = await start('center');
    const [late, current] = [await start('edge', proxy.port), await start('edge')];
    const [misses, hears] = [await listen(late), await listen(current)];
    await publish(1);
    for (const listener of [misses, hears]) await has(listener, 1);
    await redis.keepFiles();
    proxy.block();
    await publish(2);
    await has(hears, 2);
    await redis.loseEnd();
    proxy.unblock();
    await isReady(late);
    await logIsRead();
    await isReady(center);
    await publish(3);
    await publish(4);
    await allCaughtUp();
    const [first, second] = ledger.verdict().subscriptions;
    expect(second).toMatchObject({ lost: 0, doubled: 0, reordered: 0, gaps: [] });
    expect(first).toMatchObject({ lost: 0, doubled: 0, reordered: 0 });
    expect(first?.gaps).toHaveLength(1);
  });

  test('an answer to a retry counts as one publication: its loss is reported', async () => {
    center = await start('center', proxy.port);
    const late = await TcpProxy.start(redis.port);
    try {
      const misses = await listen(await start('edge', late.port));
      await publish(1);
      await has(misses, 1);
      await redis.keepFiles();
      late.block();
      proxy.isMute = true; // Redis executes the command, and center receives no answer
      const body = { channel: 'c', data: '2 ', idempotency_key: 'key-2' };
      expect(await callApi(center.url, 'publish', body)).toHaveProperty('error');
      ledger.failed('c', 2);
      proxy.isMute = false;
      proxy.cut();
      await isReady(center);
      await publish(2);
      await redis.loseEnd();
      late.unblock();
      await isReady(center);
      await publish(3);
      await publish(4);
      await allCaughtUp();
      expect(ledger.verdict()).toMatchObject(CLEAN);
      expect(gaps()).toBe(1);
    } finally {
      late.close();
    }
  });

  test('large publications are found far back in the log', async () => {
    center = await start('center');
    const edge = await start('edge');
    const [stays, moves] = [await listen(edge), await listen(edge)];
    for (let i = 1; i <= 10; i++) await publish(i);
    for (const listener of [stays, moves]) await has(listener, 10);
    moves.edge = { webSocketUrl: 'ws://127.0.0.1:1/' } as NewswireProcess;
    moves.client.cut();
    for (let i = 11; i <= 170; i++) await publish(i, 'x'.repeat(60_000));
    moves.edge = edge;
    for (const listener of [stays, moves]) await has(listener, 170);
    expect([ledger.verdict(), gaps()]).toMatchObject([CLEAN, 0]);
  });
});
