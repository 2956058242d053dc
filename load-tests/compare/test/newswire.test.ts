import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { listFailures, runProgramme } from '../src/comparison.js';
import type { Contender } from '../src/contender.js';
import {
  newswireDelegate,
  newswireMemory,
  newswireNginx,
  newswireRedis,
  newswireSeed,
  planStandalone,
  rawLimit,
} from '../src/contenders/newswire.js';
import { Lineup } from '../src/lineup.js';
import type { Works } from '../src/result.js';
import { createSettings } from '../src/settings.js';
import { connections } from '../src/works/connections.js';
import { channels, growth, payloads, windows } from '../src/works/points.js';
import { sustained } from '../src/works/sustained.js';
import { buildGenerator } from '../src/system/generator.js';
import { defineSystem } from '../src/system/system.js';
import { canBuild } from '../../test/generator.js';

const LIMIT_MS = 120_000;
const settings = createSettings({ isShort: true });
const works = { windows, sustained, channels, payloads, connections, growth };
const faultyScript = fileURLToPath(new URL('../../test/faulty-server.mjs', import.meta.url));

/** A server that does that wrong with every tenth item. */
function faulty(fault: string): Contender {
  const plan = planStandalone(faultyScript, 'seed', { FAULT: fault, EVERY: '10' });
  const start = defineSystem('faulty', plan);
  return { ...rawLimit, id: fault, name: fault, kind: 'peer', start };
}

describe.skipIf(!canBuild)('a short comparison', () => {
  const lineups: Lineup[] = [];

  beforeAll(buildGenerator, LIMIT_MS);
  afterEach(async () => {
    await Promise.all(lineups.splice(0).map((lineup) => lineup.stopAll()));
  });

  async function measure(
    contenders: readonly Contender[],
    some: typeof works | { windows: typeof windows },
  ): Promise<Works> {
    const lineup = new Lineup(settings);
    lineups.push(lineup);
    return runProgramme(
      { works: some, contenders, settings, lineup, say: () => {} },
      {},
      async () => {},
    );
  }

  for (const contender of [
    newswireMemory,
    newswireRedis,
    newswireDelegate,
    newswireNginx,
    newswireSeed,
    rawLimit,
  ]) {
    test.skipIf(contender.obstacle() !== '')(
      `${contender.id} delivers everything, in every work`,
      async () => {
        const measured = await measure([contender], works);
        expect(listFailures(measured)).toEqual([]);
        expect(Object.keys(measured)).toEqual(Object.keys(works));
        const rounds = measured.windows?.flatMap(({ by }) => by[contender.id]?.rounds ?? []);
        expect(rounds?.map((round) => round.deliveries_per_s > 0)).toEqual([true]);
        expect(await contender.version()).toMatch(/\d+\.\d+/);
      },
      LIMIT_MS,
    );
  }

  test(
    'who loses, doubles or reorders is told of, and the others are measured',
    async () => {
      const all = [faulty('drop'), faulty('double'), rawLimit, faulty('reorder')];
      const failures = listFailures(await measure(all, { windows }));
      expect(failures.map(({ contender, why }) => `${contender}: ${why.split(' ')[0]}`)).toEqual([
        'drop: lost',
        'double: doubled',
        'reorder: reordered',
      ]);
    },
    LIMIT_MS,
  );
});
