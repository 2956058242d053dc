import { describe, expect, test } from 'vitest';
import { ApiRig } from '../../test/rig/api-rig.js';

const KEY = 'a-key-of-16-characters';
const body = { channel: 'a', data: 1 };

describe('without a key', () => {
  test.each([
    ['a program', {}, 200],
    ['a page', { origin: 'https://elsewhere.example' }, 403],
    ['a page whose name was pointed at this machine', { origin: 'http://127.0.0.1:9900' }, 403],
    ['a page that hides where it is from', { origin: 'null' }, 403],
  ])('%s is answered %3$i', async (_, headers, status) => {
    const rig = new ApiRig();
    expect((await rig.post('publish', body, headers)).status).toBe(status);
    expect(rig.broker.published).toHaveLength(status === 200 ? 1 : 0);
  });
});

describe('with a key', () => {
  test.each<[Record<string, string>, number]>([
    [{ 'x-api-key': KEY }, 200],
    [{ authorization: `apikey ${KEY}` }, 200],
    [{ authorization: `ApiKey ${KEY}` }, 200],
    [{ 'x-api-key': KEY, origin: 'https://console.example' }, 200],
    [{}, 401],
    [{ 'x-api-key': `${KEY}x` }, 401],
    [{ 'x-api-key': KEY.slice(0, -1) }, 401],
    [{ authorization: `Bearer ${KEY}` }, 401],
    [{ 'x-api-key': 'wrong', authorization: `apikey ${KEY}` }, 401],
  ])('%j is answered %i', async (headers, status) => {
    const rig = new ApiRig({ apiKey: KEY });
    const reply = await rig.post('publish', body, headers);
    expect(reply.status).toBe(status);
    expect(reply.body).not.toContain(KEY);
    expect(rig.broker.published).toHaveLength(status === 200 ? 1 : 0);
  });
});

test('closed is closed, also for a guessed key', async () => {
  const rig = new ApiRig({ closedBecause: 'set a key' });
  const reply = await rig.post('publish', body, { 'x-api-key': '' });
  expect([reply.status, reply.body]).toEqual([401, expect.stringContaining('set a key')]);
});
