import type { Position } from '@newswire/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toPublicationText } from '@newswire/broker';
import { nextTurn } from '@newswire/broker/contract';
import { RedisBroker, type RedisLink } from '../src/index.js';
import { RedisLaboratory } from './redis-laboratory.js';
import { describeOnRedis, REDIS_OPTIONS } from './redis-rig.js';
import { PublishQueue } from '../src/publish-queue.js';

const OPTIONS = { ...REDIS_OPTIONS, publishTimeoutMs: 60_000 };

interface Follows {
  readonly channel: string;
  readonly epoch: string;
  readonly offset: number;
}

/** Checks the positions, the answers to publishers and the order of the generations. */
class Experiment {
  readonly complaints: unknown[] = [];
  readonly lab: RedisLaboratory;
  #queue: PublishQueue;
  readonly #reader: RedisBroker;
  readonly #answered: (Position & { readonly channel: string })[] = [];
  readonly #follows: Follows[] = [];
  #count = 0;

  constructor(link: RedisLink) {
    this.lab = new RedisLaboratory(link.commands);
    this.#queue = new PublishQueue(this.lab, OPTIONS);
    const identity = { get: () => this.lab.identity };
    const ofLaboratory = Object.create(link, { identity }) as RedisLink;
    this.#reader = new RedisBroker(ofLaboratory, OPTIONS);
  }

  /** Center restarts without any knowledge. */
  restartPublisher(): void {
    this.#queue = new PublishQueue(this.lab, OPTIONS);
  }

  publish(channel: string): void {
    const isTransient = ++this.#count % 3 === 0 ? ({ isTransient: true } as const) : {};
    const text = toPublicationText(String(this.#count), isTransient);
    const answer = this.#queue.add(channel, text, undefined);
    answer.then(
      (position) => this.#answered.push({ channel, ...position }),
      () => undefined,
    );
  }

  /** Reads as an edge does. */
  async ask(channel: string): Promise<void> {
    const { publications, topOffset, generation } = await this.#reader.history(channel, 0, 1000);
    if (generation === undefined) throw new Error('every channel has a log');
    const { epoch, firstOffset, follows } = generation;
    if (follows !== undefined) this.#follows.push({ channel, ...follows });
    for (const publication of publications) {
      const { offset } = publication;
      const data = toPublicationText(publication.data, publication);
      const expectedGeneration = offset >= firstOffset ? epoch : follows?.epoch;
      const given = this.lab.given.find((item) => item.channel === channel && item.data === data);
      const isTrue =
        given?.offset === offset &&
        given.epoch === (expectedGeneration ?? given.epoch) &&
        offset <= topOffset;
      if (!isTrue)
        this.complaints.push({ 'the log is wrong': { channel, offset, data, generation } });
    }
  }

  async settle(): Promise<void> {
    await nextTurn();
    for (let i = 0; i < 50; i++) {
      await this.lab.execute();
      this.lab.answer();
    }
    await nextTurn();
  }

  check(): void {
    const taken = new Set<string>();
    for (const given of this.lab.given) {
      const position = `${given.channel} ${given.epoch} ${given.offset}`;
      if (taken.has(position)) this.complaints.push({ 'given twice': given });
      taken.add(position);
    }
    for (const generation of this.#follows) {
      const missed = this.#answered.filter(
        ({ channel, epoch, offset }) =>
          channel === generation.channel &&
          epoch === generation.epoch &&
          offset > generation.offset,
      );
      if (missed.length > 0) this.complaints.push({ 'follows too little': generation, missed });
    }
  }
}

const CHANNELS = ['a', 'b'] as const;

const channel = fc.constantFrom(...CHANNELS);
const steps = {
  publish: fc.tuple(fc.constant('publish' as const), channel),
  turn: fc.tuple(fc.constant('turn' as const), fc.constant('')),
  execute: fc.tuple(fc.constant('execute' as const), fc.constant('')),
  answer: fc.tuple(fc.constant('answer' as const), fc.constant('')),
  ask: fc.tuple(fc.constant('ask' as const), channel),
  cut: fc.tuple(fc.constant('cut' as const), fc.constantFrom('read', 'unread')),
  remember: fc.tuple(fc.constant('remember' as const), fc.constant('')),
  restart: fc.tuple(fc.constant('restart' as const), fc.constantFrom('rolled back', 'whole')),
  flush: fc.tuple(fc.constant('flush' as const), fc.constant('')),
  lose: fc.tuple(
    fc.constant('lose' as const),
    fc.constantFrom('nw0:{a}:meta', 'nw0:{a}:log', 'nw0:{b}:meta', 'nw0:empty'),
  ),
  'restart publisher': fc.tuple(fc.constant('restart publisher' as const), fc.constant('')),
};

const anyStep = fc.oneof(
  { arbitrary: steps.publish, weight: 8 },
  { arbitrary: steps.turn, weight: 6 },
  { arbitrary: steps.execute, weight: 6 },
  { arbitrary: steps.answer, weight: 4 },
  { arbitrary: steps.ask, weight: 2 },
  { arbitrary: steps.cut, weight: 1 },
  { arbitrary: steps.remember, weight: 1 },
  { arbitrary: steps.restart, weight: 1 },
  { arbitrary: steps.flush, weight: 1 },
  { arbitrary: steps.lose, weight: 1 },
  { arbitrary: steps['restart publisher'], weight: 1 },
);

async function take(experiment: Experiment, [step, detail]: [string, string]): Promise<void> {
  const { lab } = experiment;
  const acts: Record<string, () => unknown> = {
    publish: () => experiment.publish(detail),
    turn: nextTurn,
    execute: () => lab.execute(),
    answer: () => lab.answer(),
    ask: () => experiment.ask(detail),
    cut: () => lab.cut(detail === 'read'),
    remember: () => lab.remember(),
    restart: () => lab.restart(detail === 'rolled back'),
    flush: () => lab.flush(),
    lose: () => lab.lose(detail),
    'restart publisher': () => experiment.restartPublisher(),
  };
  await acts[step]?.();
}

describeOnRedis((rig) => {
  test('no position is assigned twice, and no generation claims to follow too little', async () => {
    const { link, broker: reader } = await rig.openBroker();
    link.subscriber.setMaxListeners(0); // a reader for each run
    await reader.publish('a', '0'); // from now on Redis has the script
    const property = fc.asyncProperty(
      fc.array(anyStep, { minLength: 20, maxLength: 80 }),
      async (all) => {
        await link.commands.flushDb();
        const experiment = new Experiment(link);
        for (const step of all) await take(experiment, step);
        for (const each of CHANNELS) experiment.publish(each);
        await experiment.settle();
        for (const each of CHANNELS) await experiment.ask(each);
        experiment.check();
        expect(experiment.complaints).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });
});
