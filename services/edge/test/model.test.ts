import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClientModel, type ClientKind } from './model/client-model.js';
import { EdgeModel } from './model/edge-model.js';
import { LogModel } from './model/log-model.js';

const EDGES = 2;
const KINDS: readonly ClientKind[] = ['seed', 'protobuf', 'json', 'json'];
const CLIENTS = KINDS.length;

type Step = readonly [name: StepName, which: number, count: number];
type StepName =
  | 'publish'
  | 'foreign'
  | 'deliver'
  | 'answer'
  | 'tick'
  | 'read'
  | 'connect'
  | 'cut client'
  | 'elapse'
  | 'cut edge'
  | 'restore edge'
  | 'flush'
  | 'remove'
  | 'restart'
  | 'lose tail'
  | 'end empty epoch'
  | 'restart center';

class World {
  readonly log: LogModel;
  readonly edges: EdgeModel[];
  readonly clients: ClientModel[];

  constructor(logSize: number, ringSize: number, idleMs = 2000) {
    this.log = new LogModel(logSize);
    this.edges = Array.from({ length: EDGES }, () => new EdgeModel(this.log, ringSize, idleMs));
    this.clients = KINDS.map((kind) => new ClientModel(this.log, kind));
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#take(step);
      await settled();
    }
  }

  /** Everything is up, everybody is connected and reads until nothing is left. */
  async calm(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      for (const [i, client] of this.clients.entries()) {
        if (!client.isConnected) this.#connect(client, i);
      }
      for (const edge of this.edges) {
        edge.broker.restore();
        for (let i = 0; i < 5; i++) {
          edge.broker.answer();
          edge.broker.deliver(100);
          await settled();
          edge.tick();
        }
        edge.elapse(600);
      }
      for (const client of this.clients) client.read(1000);
      await settled();
    }
  }

  /**
   * Something lost at the end shows only when something else follows; and if that is what reports a
   * gap, the next one shows that everybody goes on from there.
   */
  async publishTwice(): Promise<void> {
    for (let i = 0; i < 2; i++) {
      await this.run([['publish', 0, 1]]);
      await this.calm();
    }
  }

  #connect(client: ClientModel, which: number): void {
    const edge = this.edges[which % EDGES];
    const { session, socket } = edge?.open(client.kind) ?? never();
    client.connect(session, socket);
  }

  #take([name, which, count]: Step): void {
    const edge = this.edges[which % EDGES] ?? never();
    const client = this.clients[which % CLIENTS] ?? never();
    switch (name) {
      case 'publish': {
        const message = this.log.publish();
        for (const { broker } of this.edges) broker.carry(message);
        return;
      }
      case 'foreign':
        return edge.broker.carry(this.log.foreign(count));
      case 'deliver':
        return edge.broker.deliver(count);
      case 'answer':
        return edge.broker.answer();
      case 'tick':
        return edge.tick();
      case 'read':
        return client.read(count);
      case 'connect':
        if (!client.isConnected) this.#connect(client, count);
        return;
      case 'cut client':
        return client.cut();
      case 'elapse':
        return edge.elapse(count * 200);
      case 'cut edge':
        return edge.broker.cut();
      case 'restore edge':
        return edge.broker.restore();
      case 'flush':
        return this.log.flush();
      case 'remove': {
        const removal = { removedUpTo: this.log.remove() };
        for (const { broker } of this.edges) broker.carry(removal);
        return;
      }
      case 'end empty epoch':
        return this.log.endEmptyEpoch();
      case 'restart center':
        return this.log.forget();
      case 'restart':
      case 'lose tail':
        for (const { broker } of this.edges) broker.cut();
        return this.log.restart(name === 'restart' ? 0 : count);
    }
  }
}

function never(): never {
  throw new Error('there is no such one');
}

/** Promises that can settle have done so. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const COMMON: StepName[] = ['publish', 'deliver', 'answer', 'tick', 'read', 'connect', 'elapse'];

function createSteps(names: readonly StepName[]) {
  const step = fc.tuple(fc.constantFrom(...names), fc.nat(11), fc.integer({ min: 1, max: 4 }));
  return fc.array(step, { minLength: 10, maxLength: 150, size: 'max' });
}

async function worldAfter(steps: readonly Step[], logSize: number, ringSize: number) {
  const world = new World(logSize, ringSize);
  await world.run(steps);
  await world.calm();
  await world.publishTwice();
  return world;
}

/** A generation that is over reaches the edge after it has read that the log is in the next. */
const LATE_GENERATION: Step[] = [
  ['connect', 0, 4],
  ['answer', 0, 1],
  ['publish', 0, 1],
  ['publish', 0, 1],
  ['flush', 0, 1],
  ['tick', 0, 1],
  ['answer', 0, 1],
  ['publish', 0, 1],
  ['publish', 0, 1],
];

const collectFaults = ({ clients }: World) => clients.flatMap(({ verdict }) => verdict.faults);
const gapsIn = ({ clients }: World) =>
  clients.reduce((sum, { verdict }) => sum + verdict.gapsReported, 0);

function expectCaughtUp({ clients, log }: World): void {
  expect(clients.map(({ next }) => next)).toEqual(clients.map(() => log.accepted.length));
}

const RUNS = Number(process.env['NEWSWIRE_TEST_RUNS'] ?? 300);

describe('an edge between models of Redis, center and clients', () => {
  test('nothing is lost silently, doubled or reordered, and all clients catch up', async () => {
    const names: StepName[] = [...COMMON, ...COMMON, 'cut client', 'cut edge', 'restore edge'];
    const steps = createSteps([
      ...names,
      'foreign',
      'flush',
      'remove',
      'restart',
      'lose tail',
      'end empty epoch',
      'restart center',
    ]);
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.constantFrom(3, 1000),
        fc.constantFrom(2, 1000),
        async (...all) => {
          const world = await worldAfter(...all);
          expect(collectFaults(world)).toEqual([]);
          expectCaughtUp(world);
        },
      ),
      { numRuns: RUNS, examples: [[LATE_GENERATION, 3, 2]] },
    );
  }, 120_000);

  test('while the log keeps everything, no gap is reported', async () => {
    const steps = createSteps([
      ...COMMON,
      ...COMMON,
      'cut client',
      'cut edge',
      'restore edge',
      'restart',
      'foreign',
    ]);
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(2, 1000), async (path, ringSize) => {
        // An empty log proves nothing to those who were cut off while Redis restarted.
        const world = await worldAfter([['publish', 0, 1], ...path], 1000, ringSize);
        expect(collectFaults(world)).toEqual([]);
        expect(gapsIn(world)).toBe(0);
        expectCaughtUp(world);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  test('a flush during which no edge is cut off is no gap for a connected client', async () => {
    const steps = createSteps([...COMMON, ...COMMON, 'flush']);
    await fc.assert(
      fc.asyncProperty(steps, async (path) => {
        // A client that is connected from the beginning has a position on an edge that receives everything.
        const connects = Array.from({ length: CLIENTS }, (_, i): Step => ['connect', i, i]);
        const world = new World(1000, 1000, Infinity);
        await world.run(connects);
        await world.calm();
        // Nor has it only read of the generation that is flushed: it has received it.
        await world.publishTwice();
        await world.run(path);
        await world.calm();
        await world.publishTwice();
        expect(collectFaults(world)).toEqual([]);
        expect(gapsIn(world)).toBe(0);
        expectCaughtUp(world);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});
