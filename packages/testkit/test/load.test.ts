import { Load, LoadProcess, until, type LoadFigures } from '@newswire/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeEdge, type Fault } from './fake-edge.js';

let edge: FakeEdge;
let load: Load | undefined;

beforeEach(async () => {
  edge = await FakeEdge.start();
});
afterEach(() => {
  load?.close();
  edge.close();
});

function options() {
  const [apiUrl, webSocketUrls] = [edge.url, [edge.webSocketUrl]];
  return { apiUrl, webSocketUrls, channelCount: 4, clientCount: 40, seedCount: 4, seed: 1 };
}

/** Publishes 400 items and more while clients are cut and `hurt` does its part. */
async function run(hurt: (edge: FakeEdge) => void = () => undefined): Promise<LoadFigures> {
  load = new Load(options());
  await load.connect(50, 5000);
  load.publish(1000);
  load.cutting(50);
  await accepted(200);
  hurt(edge);
  await accepted(200);
  load.cutting(0);
  await load.live(20_000);
  await accepted(20); // a seed client that has just returned must receive publications from now on
  await load.stopPublishing(5000);
  await load.caughtUp(edge.fault === undefined ? 5000 : 300);
  return load.figures();
}

async function accepted(more: number): Promise<void> {
  const count = () => load?.figures().publisher.accepted ?? 0;
  const goal = count() + more;
  await until(`${goal} publications`, () => count() >= goal);
}

const CLEAN = { lost: 0, doubled: 0, reordered: 0, skipped: 0, conflicts: 0 };

test('a correct server has no faults', async () => {
  const figures = await run();
  expect(figures.faults).toEqual([]);
  expect(figures.verdict).toMatchObject(CLEAN);
  expect(figures.gaps).toEqual([]);
  expect(figures.publisher).toMatchObject({ unknown: 0, failedAttempts: 0 });
  expect(figures.kinds.clients.delivered).toBeGreaterThanOrEqual(4000);
  expect(figures.kinds.clients.counts['recovered: true']).toBeGreaterThan(0);
});

test('also where answers get lost, and publications begin new generations', async () => {
  edge.failEvery = 7;
  const figures = await run(() => {
    for (let i = 0; i < 4; i++) edge.newGeneration(`channel-${i}`);
  });
  expect(figures.faults).toEqual([]);
  expect(figures.verdict).toMatchObject(CLEAN);
  expect(figures.publisher.failedAttempts).toBeGreaterThan(50);
  expect(figures.generations).toBe(8);
});

test('an emptied log is reported and counted', async () => {
  const figures = await run(() => {
    load?.storm(10);
    for (let i = 0; i < 4; i++) {
      edge.publish(`channel-${i}`, '');
      edge.forget(`channel-${i}`);
    }
  });
  expect(figures.gaps.length).toBeGreaterThan(30);
  expect(figures.gaps[0]).toMatchObject({ cause: 'cut' });
  expect(figures.verdict).toMatchObject({ lost: 0, doubled: 0, reordered: 0 });
});

describe('faults are found', () => {
  test.each<[Fault, string]>([
    ['drop', 'lost'],
    ['double', 'doubled'],
    ['swap', 'reordered'],
  ])('%s', async (fault, name) => {
    edge.fault = fault;
    const figures = await run();
    expect(figures.verdict[name as 'lost']).toBeGreaterThan(20);
    expect(figures.kinds.seeds[name as 'lost']).toBeGreaterThan(0);
    expect(figures.faults.join()).toContain(name);
  });

  test('gaps that are hidden', async () => {
    edge.fault = 'hide gaps';
    const figures = await run(() => {
      load?.storm(10);
      for (let i = 0; i < 20; i++) edge.publish(`channel-${i % 4}`, '');
      for (let i = 0; i < 4; i++) edge.forget(`channel-${i}`);
    });
    expect(figures.verdict.skipped + figures.verdict.lost).toBeGreaterThan(30);
  });
});

test('in a process of its own', async () => {
  const separate = await LoadProcess.start({ ...options(), socket: 'ws' });
  try {
    await separate.call('connect', 50, 5000);
    await separate.call('publish', 500);
    const published = async () => (await separate.call('figures')).publisher.accepted >= 100;
    await until('publications', published);
    expect((await separate.call('stopPublishing', 5000)).unknown).toBe(0);
    expect(await separate.call('caughtUp', 5000)).toMatchObject({ behind: 0 });
    expect((await separate.call('figures')).verdict).toMatchObject(CLEAN);
    edge.close();
    await expect(separate.call('live', 100)).rejects.toThrow(/are not subscribed|servers to agree/);
  } finally {
    await separate.stop();
  }
});
