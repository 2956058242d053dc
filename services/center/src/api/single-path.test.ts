import { beforeEach, describe, expect, test } from 'vitest';
import { ApiRig } from '../../test/rig/api-rig.js';

let rig: ApiRig;
beforeEach(() => {
  rig = new ApiRig();
});

describe('POST /api, with the method in the body', () => {
  test('does what the method does, and keeps the data as it is written', async () => {
    const body =
      '{"params":{"channel":"a","data":[1.50, 12345678901234567890]},"method":"publish"}';
    expect(await rig.call('', body)).toEqual({ result: { offset: 1, epoch: expect.any(String) } });
    expect(rig.broker.published).toMatchObject([{ data: '[1.50, 12345678901234567890]' }]);
    const batch = { commands: [{ publish: { channel: 'a', data: 1 } }] };
    const answered = await rig.call('', { method: 'batch', params: batch });
    expect(answered).toMatchObject({ replies: [{ publish: { offset: 2 } }] });
    for (const params of [{}, null, undefined]) {
      expect(await rig.call('', { method: 'info', params })).toHaveProperty('result.nodes');
    }
    expect(rig.results).toBe(5);
  });

  test('reports what the method refuses', async () => {
    const refused = { method: 'publish', params: { channel: 'a b', data: 1 } };
    expect(await rig.call('', refused)).toMatchObject({ error: { code: 107 } });
    const { status } = await rig.post('', refused, { 'x-centrifugo-error-mode': 'transport' });
    expect(status).toBe(400);
    expect(rig.errors).toEqual(['publish 107', 'publish 107']);
    for (const params of [1, [], 'x']) {
      const answered = await rig.call('', { method: 'publish', params });
      expect(answered).toMatchObject({ error: { code: 107 } });
    }
  });

  test.each([{}, { method: 'no_such' }, { method: 1 }, { method: '__proto__' }, { method: null }])(
    '%j: error 104',
    async (body) => {
      expect(await rig.call('', body)).toMatchObject({ error: { code: 104 } });
      const { status } = await rig.post('', body, { 'x-centrifugo-error-mode': 'transport' });
      expect(status).toBe(404);
    },
  );

  test.each(['', '[]', '{"method":"info"}\n{"method":"info"}', '1'])('%j: 400', async (body) => {
    expect(await rig.post('', body)).toMatchObject({ status: 400 });
    expect(rig.errors).toEqual(['unknown 107']);
  });

  test('needs the API key', async () => {
    rig = new ApiRig({ apiKey: 'k' });
    const body = { method: 'publish', params: { channel: 'a', data: 1 } };
    expect(await rig.post('', body)).toMatchObject({ status: 401 });
    expect(await rig.post('', body, { authorization: 'apikey k' })).toMatchObject({ status: 200 });
    expect(rig.broker.published).toHaveLength(1);
  });
});
