import { describe, expect, test } from 'vitest';
import { findHeadRoom, listFailures, runProgramme, type Programme } from './comparison.js';
import type { Contender } from './contender.js';
import { Interrupted, Lineup } from './lineup.js';
import type { Works } from './result.js';
import { createSettings } from './settings.js';
import { summarize } from './summary.js';
import type { System } from './system/system.js';
import { createResult } from '../test/create-result.js';
import { createSheets, takeTurn, takeTurns, type Work } from './works/work.js';

const settings = createSettings({ isShort: true });

/** A contender without a server, that notes what is done to it. */
class FakeContender implements Contender {
  readonly kind = 'peer';
  readonly about = '';
  readonly leftOut: NonNullable<Contender['leftOut']>;
  starts = 0;
  running = 0;

  constructor(
    readonly id: string,
    { leftOut = {}, dies = false } = {},
  ) {
    this.leftOut = leftOut;
    this.#dies = dies;
  }

  readonly #dies: boolean;

  get name() {
    return `the ${this.id}`;
  }

  obstacle() {
    return '';
  }

  async version() {
    return '';
  }

  readonly start = async (): Promise<System> => {
    this.starts += 1;
    if (this.#dies) throw new Error(`${this.id} died`);
    this.running += 1;
    const stop = async () => void (this.running -= 1);
    return { name: this.id, args: [], stop };
  };
}

/** Three rounds by turns, in which the first contender breaks in the second. */
function createWork(log: string[]): Work<'connections'> {
  return {
    estimateSeconds: () => 1,
    measure: async ({ contenders, lineup }) => {
      let round = 0;
      const say = () => void (round += 1);
      return takeTurns({ contenders, say }, 3, (contender) =>
        lineup.run(contender, async () => {
          log.push(`${contender.id}${round}`);
          if (contender.id === 'breaking' && round === 1) throw new Error('it broke');
          return { connects_per_s: round, kib_per_connection: 1, connect_cpu_us: 1 };
        }),
      );
    },
  };
}

function createProgramme(contenders: readonly Contender[], log: string[] = []): Programme {
  const lineup = new Lineup(settings);
  return { works: { connections: createWork(log) }, contenders, settings, lineup, say: () => {} };
}

describe('a comparison', () => {
  test('goes by turns, and a contender that fails stops no other', async () => {
    const breaking = new FakeContender('breaking');
    const steady = new FakeContender('steady');
    const dead = new FakeContender('dead', { dies: true });
    const log: string[] = [];
    const works = await runProgramme(
      createProgramme([breaking, steady, dead], log),
      {},
      async () => {},
    );
    expect(log).toEqual(['breaking0', 'steady0', 'steady1', 'breaking1', 'steady2']);
    expect(listFailures(works)).toEqual([
      { work: 'connections', contender: 'breaking', why: 'it broke' },
      { work: 'connections', contender: 'dead', why: 'dead died' },
    ]);
    expect(works.connections?.['steady']?.rounds.map((r) => r.connects_per_s)).toEqual([0, 1, 2]);
    expect(works.connections?.['breaking']?.rounds).toHaveLength(1);
    expect([breaking, steady, dead].map(({ running }) => running)).toEqual([0, 0, 0]);
    expect(steady.starts).toBe(1);
  });

  test('leaves out who is left out, and saves after every work, beside what was there', async () => {
    const leftOut = new FakeContender('out', { leftOut: { connections: 'it has none' } });
    const saved: Works[] = [];
    const programme = createProgramme([leftOut, new FakeContender('in')]);
    await runProgramme(programme, { windows: [] }, async (works) => void saved.push(works));
    expect(saved).toHaveLength(1);
    expect(saved[0]).toMatchObject({ windows: [], connections: { in: { failure: '' } } });
    expect(Object.keys(saved[0]?.connections ?? {})).toEqual(['in']);
    expect(leftOut.starts).toBe(0);
  });

  test('an interrupted one stops its servers, and none of them counts as failed', async () => {
    const steady = new FakeContender('steady');
    const lineup = new Lineup(settings);
    const sheets = createSheets<number>([steady]);
    const turn = takeTurn(sheets['steady'], () =>
      lineup.run(steady, async () => {
        await lineup.interrupt();
        throw new Error('the server is gone');
      }),
    );
    await expect(turn).rejects.toThrow(Interrupted);
    expect(sheets['steady']).toEqual({ rounds: [], failure: '' });
    expect(steady.running).toBe(0);
    await expect(lineup.run(steady, async () => 1)).rejects.toThrow(Interrupted);
  });

  test('a server that broke is started again', async () => {
    const contender = new FakeContender('once');
    const lineup = new Lineup(settings);
    await expect(
      lineup.run(contender, () => Promise.reject(new Error('it broke'))),
    ).rejects.toThrow('it broke');
    expect(contender.running).toBe(0);
    expect(await lineup.run(contender, async ({ name }) => name)).toBe('once');
    expect(contender.starts).toBe(2);
    await lineup.stopAll();
    expect(contender.running).toBe(0);
  });
});

describe('its description', () => {
  const fast = { deliveries_per_s: 4_000_000, generator_cpu_share: 0.4 };
  const works: Works = {
    windows: [
      {
        at: 1,
        by: {
          a: { rounds: [createResult({ generator_cpu_share: 0.2 })], failure: '' },
          b: { rounds: [], failure: 'it broke' },
        },
      },
      {
        at: 64,
        by: {
          a: { rounds: [createResult(), createResult(fast), createResult(fast)], failure: '' },
        },
      },
    ],
  };

  test('the head room is that of the fastest, where it is the least', () => {
    expect(findHeadRoom(works)).toEqual({
      work: 'windows',
      at: 64,
      contender: 'a',
      deliveriesPerS: 4_000_000,
      times: 2.5,
    });
    expect(findHeadRoom({})).toBeUndefined();
  });

  test('medians, failures, who is missing, and a head room that is too little', () => {
    const info = { kind: 'peer', about: '', version: '', leftOut: {} } as const;
    const machine = {} as never;
    const text = summarize({
      machine,
      works,
      contenders: [
        { ...info, id: 'a', name: 'the a', obstacle: '' },
        { ...info, id: 'b', name: 'the b', obstacle: '' },
        { ...info, id: 'c', name: 'the c', obstacle: 'c is not here' },
      ],
    });
    expect(text).toMatch(/\| the a +\| +\*\*1,000\*\* \| \*\*4,000 .+\n\| the b +\| +failed/);
    expect(text).toContain('b, windows at 1: it broke');
    expect(text).toContain('the c: c is not here');
    expect(text).toContain('at least 2.5 times what the fastest server sends: less than 3 times');
  });
});
