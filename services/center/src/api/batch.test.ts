import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { ApiRig, errorBody } from '../../test/rig/api-rig.js';
import { MAX_ANSWER_CHARACTERS } from './batch.js';

let rig: ApiRig;
beforeEach(() => {
  rig = new ApiRig();
});

const position = (offset: number) => ({ offset, epoch: expect.any(String) });

test.each([true, false, null])('replies in order, parallel: %s', async (parallel) => {
  const commands = [
    { publish: { channel: 'a', data: 1 } },
    { history: { channel: 'a', limit: 10 } },
    { publish: { channel: 'a' } },
    { nothing: {} },
    { batch: { commands: [] } },
    {},
    { info: {}, channels: {} },
    { broadcast: { channels: ['b'], data: 2 } },
  ];
  const answer = (await rig.call('batch', { commands, parallel })) as { replies: unknown[] };
  const oneMember = 'bad request: a command must have one member: a method and its parameters';
  expect(answer).toEqual({
    replies: [
      { publish: position(1) },
      {
        history: {
          publications: parallel ? expect.any(Array) : [{ data: 1, offset: 1 }],
          ...position(1),
        },
      },
      errorBody(107, 'bad request: data is missing'),
      errorBody(104, 'method not found'),
      errorBody(104, 'method not found'),
      errorBody(107, oneMember),
      errorBody(107, oneMember),
      { broadcast: { responses: [{ result: position(1) }] } },
    ],
  });
  expect([rig.results, rig.errors.toSorted()]).toEqual([
    1,
    ['batch 104', 'batch 104', 'batch 107', 'batch 107', 'batch 107'],
  ]);
});

test('data stays as it is written, also in here', async () => {
  await rig.call(
    'batch',
    '{"commands": [ {"publish" : {"channel":"a", "data": [1.50 ,\n"]}" ]} } , {"publish":{"data":12345678901234567890,"channel":"b"}}]}',
  );
  expect(rig.broker.published.map(({ data }) => data)).toEqual([
    '[1.50 , "]}" ]',
    '12345678901234567890',
  ]);
});

test('a command begins when the one before is done, unless parallel is asked for', async () => {
  const under: number[] = [];
  let now = 0;
  rig = new ApiRig({
    parts: {
      readHistory: async () => {
        under.push(++now);
        await setImmediate();
        now--;
        return { publications: [], position: { offset: 0, epoch: '' } };
      },
    },
  });
  const commands = Array.from({ length: 200 }, () => ({ history: { channel: 'a' } }));
  await rig.call('batch', { commands });
  expect(Math.max(...under.splice(0))).toBe(1);
  await rig.call('batch', { commands, parallel: true });
  expect(Math.max(...under)).toBe(64);
});

describe('limits', () => {
  test.each([
    [
      { commands: Array.from({ length: 1001 }, () => ({})) },
      106,
      'commands has more than 1000 items',
    ],
    [
      {
        commands: Array.from({ length: 11 }, () => ({
          broadcast: { channels: Array(1000).fill('a') },
        })),
      },
      106,
      'the broadcasts of a batch have 11000 channels, 10000 are allowed',
    ],
    [{ commands: {} }, 107, 'commands must be a list'],
    [{ commands: [7] }, 107, 'commands.0 must be an object'],
    [{}, 107, 'commands is missing'],
  ])('are answered as a whole: %j', async (body, code, detail) => {
    const words = code === 106 ? 'limit exceeded' : 'bad request';
    expect(await rig.call('batch', body)).toEqual(errorBody(code, `${words}: ${detail}`));
    expect(rig.broker.published).toEqual([]);
  });

  test('an answer ends before it is too long', async () => {
    const data = JSON.stringify('x'.repeat(MAX_ANSWER_CHARACTERS / 4));
    const readHistory = async () => ({
      publications: [{ offset: 1, data }],
      position: { offset: 1, epoch: 'e' },
    });
    rig = new ApiRig({ parts: { readHistory } });
    const commands = Array.from({ length: 100 }, () => ({ history: { channel: 'a', limit: 1 } }));
    const { body } = await rig.post('batch', { commands });
    expect(body.length).toBeLessThan(MAX_ANSWER_CHARACTERS * 1.5);
    const { replies } = JSON.parse(body) as { replies: unknown[] };
    expect(replies).toHaveLength(100);
    expect(replies[99]).toEqual(
      errorBody(106, 'limit exceeded: the answer is too large: request less at once'),
    );
  });
});
