// nchan, Mosquitto, Centrifuge and NATS: each does all kinds of work without a fault, and those that claim
// that a client is given what it missed keep their word.
import { TcpProxy, until } from '@newswire/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Contender } from '../src/contender.js';
import {
  centrifugeMemory,
  centrifugeRedis,
  mosquitto,
  nats,
  nchan,
} from '../src/contenders/peers.js';
import type { IdleResult, LoadResult } from '../src/result.js';
import { buildGenerator, load } from '../src/system/generator.js';
import { canBuild, type Result } from '../../test/generator.js';

const contenders = [nchan, mosquitto, centrifugeMemory, centrifugeRedis, nats];
const stops: (() => Promise<void>)[] = [];

const short = '--settle 0 --warm 0 --seconds 0.3 --connections 20';
const loads = [
  '--window 4',
  '--rate 200',
  '--window 4 --size 16384',
  '--window 40 --channels 20 --publishers 4 --pipeline 1',
];

const describeTitle = (contender: Contender) =>
  contender.obstacle() === '' ? contender.name : `${contender.name} (${contender.obstacle()})`;
const named = (all: readonly Contender[]) =>
  all.map((each) => [describeTitle(each), each] as const);

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

describe.skipIf(!canBuild)('peers under load (needs make and a C compiler)', () => {
  beforeAll(buildGenerator);

  describe.each(named(contenders))('%s', (_, contender) => {
    it.skipIf(contender.obstacle()).each(loads)('delivers everything: %s', async (options) => {
      const system = await contender.start();
      stops.push(() => system.stop());
      const result = await load<Result & LoadResult>(system, `${short} ${options}`.split(' '));
      const none = { lost: 0, doubled: 0, reordered: 0, stray: 0, unmarked: 0 };
      expect(result.published).toBeGreaterThan(2);
      expect(result).toMatchObject({ ...none, delivered: result.expected, closes: {} });
      expect(result).toMatchObject({ publishes_refused: 0, stalled: false });
    });

    it.skipIf(contender.obstacle())('holds connections that only stand', async () => {
      const system = await contender.start();
      stops.push(() => system.stop());
      const options = '--idle --settle 0.1 --connections 200'.split(' ');
      const result = await load<IdleResult>(system, options);
      expect(result).toMatchObject({ connections: 200, closes: {} });
      expect(result.kib_per_connection).toBeGreaterThan(0);
    });

    it.skipIf(contender.obstacle())('says what runs', async () => {
      expect(await contender.version()).toMatch(/^(nchan|Mosquitto|Centrifuge|NATS).* \d+\.\d+/);
    });
  });
});

describe.each(named(contenders.filter(({ recovery }) => recovery !== undefined)))(
  'recovery of %s',
  (_, contender) => {
    it.skipIf(contender.obstacle())('gives a client what it missed', async () => {
      const system = await contender.recovery?.start();
      if (!system) throw new Error('it claims no recovery');
      stops.push(() => system.stop());
      const proxy = await TcpProxy.start(system.port);
      stops.push(async () => proxy.close());
      const told: boolean[] = [];
      const got: string[] = [];
      const client = system.connect(proxy.port, 'news', {
        onSubscribed: (isWhole) => told.push(isWhole),
        onMessage: (data) => got.push(data),
      });
      stops.push(async () => client.close());
      await until('the subscription', () => told.length === 1);
      await system.publish('news', 'before');
      await until('the first item', () => got.length === 1);

      proxy.block();
      for (const item of ['one', 'two', 'three']) await system.publish('news', item);
      proxy.unblock();
      await until('the client to be back', () => told.length === 2, 15_000);
      await system.publish('news', 'after');
      await until('the last item', () => got.includes('after'));
      expect(got).toEqual(['before', 'one', 'two', 'three', 'after']);
      expect(told).toEqual([true, true]);
    });
  },
);
