import { describe, expect, it } from 'vitest';
import type { ContenderInfo } from '../result.js';
import { formatGoal, type Goal, type Question } from './goals.js';
import { judge } from './verdicts.js';

const info = (id: string, kind: ContenderInfo['kind']): ContenderInfo => ({
  id,
  name: id,
  kind,
  about: '',
  version: '',
  obstacle: '',
  leftOut: {},
});

const field = {
  ours: info('newswire', 'newswire'),
  peers: [info('nats', 'peer'), info('centrifuge', 'peer')],
  raw: [info('raw', 'raw')],
};

const first: Goal = { beside: 'peers', ratio: 1, isNoiseEnough: false };
const firstOrNoise: Goal = { beside: 'peers', ratio: 1, isNoiseEnough: true };
const twice: Goal = { beside: 'peers', ratio: 2, isNoiseEnough: false };

type Rounds = Readonly<Record<string, readonly number[]>>;

function question(goal: Goal, rounds: Rounds, better: 'more' | 'less' = 'more'): Question {
  const by = Object.entries(rounds).map(([id, of]) => [id, { rounds: of, failure: '' }]);
  return { work: 'windows', label: 'a question', better, by: Object.fromEntries(by), goal };
}

const verdict = (goal: Goal, rounds: Rounds, better?: 'more' | 'less') =>
  judge(question(goal, rounds, better), field);

describe('a goal', () => {
  it.each([
    ['exactly twice the best peer', twice, [200, 200], 'met', 'met'],
    ['a little below twice', twice, [199, 199], 'missed', '**missed by 0.5 %**'],
    ['next to nothing below', twice, [199.99, 199.99], 'missed', '**missed by less than 0.1 %**'],
    ['far below', twice, [120, 120], 'missed', '**missed by 40 %**'],
    ['as fast as the first', first, [100, 100], 'met', 'met, within noise'],
    ['slower in every round', firstOrNoise, [99, 98], 'missed', '**missed by 1.5 %**'],
    ['slower, but not always', firstOrNoise, [97, 97, 101], 'met', 'met, within noise'],
    ['slower, but once as fast', firstOrNoise, [97, 97, 100], 'met', 'met, within noise'],
    ['noise is not enough', first, [97, 97, 101], 'missed', '**missed by 3.0 %**, within noise'],
    ['faster, but not always', first, [99, 103, 104], 'met', 'met, within noise'],
    ['one slower round', firstOrNoise, [99], 'missed', '**missed by 1.0 %**, one round only'],
    ['one round as fast', firstOrNoise, [100], 'met', 'met, one round only'],
    ['one faster round', firstOrNoise, [101], 'met', 'met, one round only'],
  ] as const)('%s', (_, goal, ours, outcome, text) => {
    const nats = ours.map(() => 100);
    expect(verdict(goal, { newswire: ours, nats, centrifuge: [1] })).toMatchObject({
      outcome,
      text,
    });
  });

  it('is about ratios of the same round, not of medians', () => {
    const { ratio } = verdict(twice, { newswire: [100, 400, 900], nats: [100, 200, 300] });
    expect(ratio).toEqual({ median: 2, low: 1, high: 3, rounds: 3 });
  });

  it.each([
    [[95], 'met'],
    [[94.9], 'missed'],
  ])('beside the limit: %j', (ours, outcome) => {
    const goal: Goal = { beside: 'raw', ratio: 0.95 };
    // Faster than the limit or not, peers do not count here.
    expect(verdict(goal, { newswire: ours, raw: [100], nats: [500] }).outcome).toBe(outcome);
  });

  it.each([
    [[5], 'met'],
    [[5.1], 'missed'],
  ])('a fifth of Centrifuge: %j', (ours, outcome) => {
    const goal: Goal = { beside: 'centrifuge', ratio: 1 / 5 };
    const rounds = { newswire: ours, centrifuge: [25], nats: [5] };
    expect(verdict(goal, rounds, 'less').outcome).toBe(outcome);
  });

  it.each([
    [[0, 0, 0], 'met', 'met'],
    [[0, 0, 2], 'missed', '**missed by 2**'],
  ])('nothing lost in any round: %j', (ours, outcome, text) => {
    const goal: Goal = { beside: 'nothing', ceiling: 0 };
    expect(verdict(goal, { newswire: ours, nats: [7] }, 'less')).toMatchObject({ outcome, text });
  });

  it('takes the peer that is best in that direction', () => {
    const rounds = { newswire: [10], nats: [20], centrifuge: [30] };
    expect(verdict(first, rounds).reference?.contender.id).toBe('centrifuge');
    expect(verdict(first, rounds, 'less').reference?.contender.id).toBe('nats');
  });
});

describe('without figures', () => {
  it('a failed newswire has missed, and says how', () => {
    const asked = question(twice, { newswire: [100], nats: [1] });
    const by = { ...asked.by, newswire: { rounds: [100], failure: 'it hung' } };
    expect(judge({ ...asked, by }, field)).toMatchObject({
      outcome: 'missed',
      text: '**missed: it failed**: it hung',
    });
  });

  it('a failed peer is no reference', () => {
    const asked = question(twice, { newswire: [100], nats: [900], centrifuge: [50] });
    const by = { ...asked.by, nats: { rounds: [900], failure: 'it closed everybody' } };
    expect(judge({ ...asked, by }, field).reference?.contender.id).toBe('centrifuge');
  });

  it('there is no ratio if newswire or all peers took no part', () => {
    expect(verdict(twice, { nats: [1] }).text).toBe('not measured: it took no part');
    expect(verdict(twice, { newswire: [1] }).text).toBe('not judged: no peer has a figure');
  });

  it('rounds without a figure do not count, and no round with one is a miss', () => {
    const nats = [100, 100];
    expect(verdict(twice, { newswire: [Number.NaN, 200], nats }).text).toBe('met, one round only');
    expect(verdict(twice, { newswire: [Number.NaN], nats }).outcome).toBe('missed');
  });

  it('a best peer at 0 is beaten by anything, and by 0 is not', () => {
    expect(verdict(twice, { newswire: [5], nats: [0] }).outcome).toBe('met');
    expect(verdict(twice, { newswire: [0], nats: [0] }).outcome).toBe('open');
  });

  it('goals are said as they are judged', () => {
    expect(formatGoal(question(twice, {}))).toBe('≥ 2 × the best peer');
    expect(formatGoal(question({ beside: 'raw', ratio: 0.95 }, {}))).toBe('≥ 0.95 × the limit');
    expect(formatGoal(question(firstOrNoise, {}, 'less'))).toBe('first, or within noise');
  });
});
