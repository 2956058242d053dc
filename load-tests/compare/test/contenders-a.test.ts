// The peers that are scripts here, loaded for a moment each: what they are sent comes, once and in order.
import { TcpProxy, until } from '@newswire/testkit';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildGenerator, canBuild } from '../../test/generator.js';
import type { Contender, RecoverySystem } from '../src/contender.js';
import { socketIo, socketIoRedis, tornado, wsLoop } from '../src/contenders/peers.js';
import type { LoadResult } from '../src/result.js';
import { load } from '../src/system/generator.js';
import type { GeneratorArgs } from '../src/system/system.js';

const contenders = [wsLoop, tornado, socketIo, socketIoRedis];
const short = ['--settle', 0, '--warm', 0, '--seconds', 0.5, '--connections', 20];
const loads: readonly (readonly [string, GeneratorArgs])[] = [
  ['closed loop', ['--window', 4]],
  ['open loop', ['--rate', 200]],
  ['messages of 16 KiB', ['--window', 4, '--size', 16_384]],
  ['many channels', ['--window', 4, '--channels', 20]],
  ['several channels a client', ['--window', 4, '--channels', 10, '--channels-per-connection', 3]],
];

type Counts = LoadResult &
  Readonly<Record<'published' | 'expected' | 'delivered' | 'stray' | 'unmarked', number>>;

const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function loadContender<Result extends LoadResult>(
  contender: Contender,
  args: GeneratorArgs,
): Promise<Result> {
  const system = await contender.start();
  stops.push(() => system.stop());
  return load<Result>(system, [...short, ...args]);
}

for (const contender of contenders) {
  const obstacle = contender.obstacle();
  const title = obstacle ? `${contender.name} (${obstacle})` : contender.name;

  describe.skipIf(!canBuild || obstacle)(`load of ${title}`, () => {
    beforeAll(buildGenerator);

    it.each(loads)('gives each message to each subscriber: %s', async (_, args) => {
      const result = await loadContender<Counts>(contender, args);
      expect(result.published).toBeGreaterThan(10);
      const counts = { lost: 0, doubled: 0, reordered: 0, stray: 0, unmarked: 0 };
      expect(result).toMatchObject({ ...counts, delivered: result.expected, closes: {} });
      expect(result.publishes_refused).toBe(0);
    });

    it('has connections that only stand', async () => {
      const result = await loadContender<Counts>(contender, ['--idle']);
      expect(result).toMatchObject({ connections: 20, unmarked: 0, closes: {} });
    });

    it('says what it is made of', async () => {
      expect(await contender.version()).toMatch(/^\S.* \d+\.\d+\.\d+.*, \S+ \d+\.\d+/);
    });
  });

  if (!contender.recovery) continue;
  describe.skipIf(obstacle)(`recovery of ${title}`, () => {
    recoveryTests(contender);
  });
}

/** A client behind a proxy, and the notifications that it received. */
async function startClient(system: RecoverySystem) {
  const proxy = await TcpProxy.start(system.port);
  const received: string[] = [];
  const client = system.connect(proxy.port, 'news', {
    onSubscribed: (isWhole) => received.push(isWhole ? 'whole' : 'not whole'),
    onMessage: (data) => received.push(data),
  });
  stops.push(
    () => proxy.close(),
    () => client.close(),
  );
  const untilReceived = (what: string) => until(what, () => received.includes(what));
  await untilReceived('whole');
  return { proxy, received, untilReceived };
}

function recoveryTests(contender: Contender): void {
  async function startSystem(): Promise<RecoverySystem> {
    const system = await contender.recovery?.start();
    if (!system) throw new Error(`${contender.name} does not claim to recover`);
    stops.push(() => system.stop());
    return system;
  }

  it('gives a client that was cut off what it missed, in order', async () => {
    const system = await startSystem();
    const { proxy, received, untilReceived } = await startClient(system);
    await system.publish('news', 'before');
    await untilReceived('before');
    proxy.block();
    for (const missed of ['second', 'third']) await system.publish('news', missed);
    proxy.unblock();
    await untilReceived('third');
    await system.publish('news', 'behind');
    await untilReceived('behind');
    expect(received).toEqual(['whole', 'before', 'whole', 'second', 'third', 'behind']);
  });

  it('notifies a client without a position that it may have missed publications', async () => {
    const system = await startSystem();
    const { proxy, received, untilReceived } = await startClient(system);
    proxy.block();
    await system.publish('news', 'missed');
    proxy.unblock();
    await untilReceived('not whole');
    await system.publish('news', 'behind');
    await untilReceived('behind');
    expect(received).toEqual(['whole', 'not whole', 'behind']);
  });

  it('rejects a publication that the server refused', async () => {
    const system = await startSystem();
    await system.stop();
    await expect(system.publish('news', 'for nobody')).rejects.toThrow('timed out');
  });
}
