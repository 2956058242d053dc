import type { FilterNode } from 'centrifuge';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HubRig, settled, type HubClient } from '../../test/rig/hub-rig.js';
import { OPEN_NAMESPACE } from '../../test/rig/open-access.js';

const COLOURS = ['red', 'blue', 'green', 'none'] as const;

type Colour = (typeof COLOURS)[number];

/** The filters of the clients, and what each of them matches. */
const FILTERS: readonly (readonly [FilterNode | null, readonly Colour[]])[] = [
  [null, COLOURS],
  [{ key: 'colour', cmp: 'eq', val: 'red' }, ['red']],
  [{ key: 'colour', cmp: 'in', vals: ['red', 'blue'] }, ['red', 'blue']],
  [{ op: 'not', nodes: [{ key: 'colour', cmp: 'ex' }] }, ['none']],
];

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.array(fc.constantFrom(...COLOURS), { minLength: 1, maxLength: 9 }) },
    { weight: 1, arbitrary: fc.record({ slow: fc.nat(FILTERS.length - 1) }) },
    { weight: 1, arbitrary: fc.record({ drain: fc.nat(FILTERS.length - 1) }) },
    { weight: 1, arbitrary: fc.record({ back: fc.nat(FILTERS.length - 1) }) },
  ),
  { minLength: 5, maxLength: 30 },
);

/** One subscriber, which comes back with its position after each cut, as the library does. */
class Subscriber {
  readonly offsets: number[] = [];
  /** How often its position could not be recovered. */
  lost = 0;
  readonly #rig: HubRig;
  readonly #filter: FilterNode | null;
  #client: HubClient | undefined;
  #position: { readonly offset: number; readonly epoch: string } | undefined;

  constructor(rig: HubRig, filter: FilterNode | null) {
    this.#rig = rig;
    this.#filter = filter;
  }

  async open(): Promise<void> {
    const since = this.#position && { recover: true, ...this.#position };
    this.#client = await this.#rig.subscribed('a', { ...since, tf: this.#filter });
    const { subscribe } = this.#client.answer ?? {};
    if (since !== undefined && subscribe?.recovered !== true) this.lost++;
    this.#position = { offset: subscribe?.offset ?? 0, epoch: subscribe?.epoch ?? '' };
  }

  async reopen(): Promise<void> {
    this.#take();
    this.#client?.session.handleClose(1006);
    await this.open();
  }

  slow(): void {
    if (this.#client !== undefined) this.#client.socket.buffered = 1_000_000;
  }

  async drain(): Promise<void> {
    if (this.#client === undefined) return;
    this.#client.socket.buffered = 0;
    this.#client.session.handleDrain();
    await settled();
  }

  finish(): readonly number[] {
    this.#take();
    return this.offsets;
  }

  #take(): void {
    const offsets = this.#client?.offsets ?? [];
    this.offsets.push(...offsets);
    const { epoch = '' } = this.#position ?? {};
    if (offsets.length > 0) this.#position = { offset: offsets.at(-1) ?? 0, epoch };
  }
}

test('whatever happens, each client gets what its filter matches, once and in order', async () => {
  const namespace = { ...OPEN_NAMESPACE, allowTagsFilter: true };
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      // The ring is shorter than what a client may miss: the rest is read from the log.
      const rig = new HubRig(5, { getOptions: () => namespace });
      const clients = FILTERS.map(([filter]) => new Subscriber(rig, filter));
      for (const client of clients) await client.open();
      const published: Colour[] = [];
      for (const step of all) {
        if (Array.isArray(step)) {
          for (const colour of step) {
            published.push(colour);
            const extra = `"tags":${JSON.stringify(colour === 'none' ? {} : { colour })}`;
            await rig.broker.publish('a', '1', { extra });
          }
          await settled();
        } else if ('slow' in step) clients[step.slow]?.slow();
        else if ('drain' in step) await clients[step.drain]?.drain();
        else await clients[step.back]?.reopen();
      }
      for (const client of clients) await client.drain();
      await settled();
      const expected = FILTERS.map(([, colours]) =>
        published.flatMap((colour, i) => (colours.includes(colour) ? [i + 1] : [])),
      );
      expect(clients.map((client) => client.finish())).toEqual(expected);
      expect(clients.map(({ lost }) => lost)).toEqual(FILTERS.map(() => 0));
      expect(rig.gaps).toEqual([]);
    }),
    { numRuns: 150 },
  );
}, 60_000);
