import { missingPrograms } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';
import type { Contender, RecoveryContender } from '../src/contender.js';
import {
  newswireDelegate,
  newswireMemory,
  newswireNginx,
  newswireRedis,
} from '../src/contenders/newswire.js';
import type { Recovery } from '../src/result.js';
import { measureRecovery } from '../src/works/recovery.js';
import type { RecoverySettings } from '../src/works/recovery-round.js';
import { breakableSystem, type Fault } from './breakable-system.js';

const CLIENTS = 20;
const QUICK: RecoverySettings = {
  clients: CLIENTS,
  rounds: 1,
  ratePerS: 100,
  beforeMs: 300,
  outageMs: 500,
  afterMs: 500,
  limitMs: 20_000,
};

const contender = (id: string, recovery?: RecoveryContender): Contender => ({
  id,
  name: id,
  kind: 'peer',
  about: '',
  obstacle: () => '',
  version: async () => '',
  start: () => Promise.reject(new Error('is not loaded here')),
  ...(recovery && { recovery }),
});

async function measured(recovery: RecoveryContender, settings = QUICK): Promise<Recovery> {
  const { one } = await measureRecovery([contender('one', recovery)], settings);
  expect(one?.failure).toBe('');
  const [round] = one?.rounds ?? [];
  if (!round) throw new Error('no round was measured');
  return round;
}

const breakable = (fault: Fault): RecoveryContender => ({ start: () => breakableSystem(fault) });
const whole = { clients: CLIENTS, lost: 0, reported: 0, doubled: 0, reordered: 0 };

describe('newswire gives clients of npm’s centrifuge all that they missed', () => {
  test.each([
    ['standalone', newswireMemory, []],
    ['over Redis', newswireRedis, ['redis-server']],
    ['over links', newswireDelegate, []],
    ['behind Nginx', newswireNginx, ['redis-server', 'nginx']],
  ] as const)('%s', { timeout: 60_000 }, async (_, { recovery }, programs) => {
    expect(missingPrograms(...programs)).toEqual([]);
    if (!recovery) throw new Error('it claims no recovery');
    const result = await measured(recovery);
    expect(result).toMatchObject(whole);
    expect(result.published).toBeGreaterThan(0);
    expect(result.caughtUpMs).toBeGreaterThan(0);
  });
});

describe('a system that breaks on purpose is noticed', () => {
  test('when it does not, nothing is', async () => {
    const result = await measured(breakable('none'));
    expect(result).toMatchObject(whole);
    expect(result.caughtUpMs).toBeGreaterThan(0);
  });

  test.each([
    ['loses', 'lost'],
    ['doubles', 'doubled'],
    ['reorders', 'reordered'],
  ] as const)('when it %s one for each client', async (fault, key) => {
    const result = await measured(breakable(fault), { ...QUICK, limitMs: 1000 });
    expect(result).toMatchObject({ ...whole, [key]: CLIENTS });
    expect(result.caughtUpMs === null).toBe(fault === 'loses');
  });

  test('when it reports that it has forgotten', async () => {
    const result = await measured(breakable('reports'));
    expect(result).toMatchObject({ ...whole, reported: expect.any(Number) });
    expect(result.reported).toBeGreaterThanOrEqual(CLIENTS);
  });

  test('when its clients never come back', async () => {
    const result = await measured(breakable('stays away'), { ...QUICK, limitMs: 1000 });
    expect(result).toMatchObject({ ...whole, lost: expect.any(Number), caughtUpMs: null });
    expect(result.lost).toBeGreaterThanOrEqual(CLIENTS);
  });

  test('when it takes nothing, it fails, and others go on', async () => {
    const contenders = [
      contender('bad', breakable('refuses')),
      contender('good', breakable('none')),
      contender('makes no claim'),
    ];
    const { bad, good, ...others } = await measureRecovery(contenders, { ...QUICK, rounds: 2 });
    expect(bad).toEqual({ rounds: [], failure: expect.stringContaining('not today') });
    expect(good).toMatchObject({ rounds: [whole, whole], failure: '' });
    expect(others).toEqual({});
  });
});
