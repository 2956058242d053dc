import { ProtocolError } from '@newswire/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { ApiRig, errorBody } from '../../test/rig/api-rig.js';

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

let rig: ApiRig;
beforeEach(() => {
  rig = new ApiRig();
});

describe('publish', () => {
  test('takes data as it is written, and answers its position', async () => {
    const answer = await rig.call('publish', '{"channel":"a","data":{"n": 1.50}}');
    expect(answer).toEqual({ result: { offset: 1, epoch: expect.any(String) } });
    expect(rig.broker.published).toEqual([{ channel: 'a', data: '{"n": 1.50}', options: {} }]);
  });

  test('takes base64 of JSON, on one line', async () => {
    await rig.call('publish', {
      channel: 'a',
      b64data: base64('{\n "é": 12345678901234567890}\n'),
    });
    await rig.call('publish', { channel: 'a', data: null, b64data: base64('"text"') });
    expect(rig.broker.published.map(({ data }) => data)).toEqual([
      '{  "é": 12345678901234567890}',
      '"text"',
    ]);
  });

  test.each([
    ['not base64', 'a', 'b64data is not base64'],
    ['the alphabet of URLs', 'MTI_', 'b64data is not base64'],
  ])('refuses %s', async (_, b64data, detail) => {
    expect(await rig.call('publish', { channel: 'a', b64data })).toEqual(
      errorBody(107, `bad request: ${detail}`),
    );
  });

  test.each([
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['no JSON', Buffer.from('text')],
    ['a byte order mark', Buffer.from('\ufeff1')],
  ])('bytes that are %s stay base64, with a mark', async (_, bytes) => {
    await rig.call('publish', { channel: 'a', b64data: base64(bytes), tags: { a: '1' } });
    await rig.call('broadcast', { channels: ['b'], b64data: base64(bytes) });
    const data = JSON.stringify(base64(bytes));
    expect(rig.broker.published).toEqual([
      { channel: 'a', data, options: { extra: '"b64":true,"tags":{"a":"1"}' } },
      { channel: 'b', data, options: { extra: '"b64":true' } },
    ]);
  });

  test('tags go beside the data, skip_history and the key to the broker', async () => {
    const tags = '{"desk":"sports\\n","__proto__":"x"}';
    const body = `{"channel":"a","data":1,"tags":${tags},"skip_history":true,"idempotency_key":"k"}`;
    await rig.call('publish', body);
    expect(rig.broker.published[0]?.options).toEqual({
      extra: '"tags":{"desk":"sports\\n","__proto__":"x"}',
      isTransient: true,
      idempotencyKey: 'k',
    });
  });

  test('a long key is remembered by its digest', async () => {
    const keys = ['k'.repeat(64), 'k'.repeat(65), `${'k'.repeat(255)}é`, `${'k'.repeat(255)}è`];
    for (const key of [...keys, keys[3]]) {
      await rig.call('publish', { channel: 'a', data: 1, idempotency_key: key });
    }
    const given = rig.broker.published.map(({ options }) => options?.idempotencyKey ?? '');
    expect(given.map((key) => Buffer.byteLength(key))).toEqual([64, 43, 43, 43, 43]);
    expect([new Set(given).size, given[4]]).toEqual([4, given[3]]);
    const { topOffset } = await rig.broker.history('a', 0, 0);
    expect(topOffset).toBe(4);
  });

  test('an empty variable requests nothing', async () => {
    const empty = {
      b64data: '',
      tags: {},
      skip_history: false,
      idempotency_key: null,
      delta: true,
      version: 0,
      version_epoch: '',
    };
    await rig.call('publish', { channel: 'a', data: 1, ...empty });
    expect(rig.broker.published).toEqual([{ channel: 'a', data: '1', options: {} }]);
  });

  test('passes a version on', async () => {
    await rig.call('publish', { channel: 'a', data: 1, version: 3, version_epoch: 'e' });
    await rig.call('broadcast', { channels: ['b'], data: 1, version: 4 });
    expect(rig.broker.published.map(({ options }) => options)).toEqual([
      { version: { number: 3, epoch: 'e' } },
      { version: { number: 4, epoch: '' } },
    ]);
  });

  test('keeps tags of any name, and leaves out those that are null', async () => {
    const tags = '{"__proto__":"p","constructor":"c","none":null}';
    await rig.call('publish', `{"channel":"a","data":1,"tags":${tags}}`);
    await rig.call('publish', { channel: 'a', data: 1, tags: { none: null } });
    expect(rig.broker.published.map(({ options }) => options)).toEqual([
      { extra: '"tags":{"__proto__":"p","constructor":"c"}' },
      {},
    ]);
  });

  const TAGS = 'bad request: tags must be an object of up to 64 strings, 4096 bytes as JSON';
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, '']));

  test.each([
    [{ tags: { a: 1 } }, 107, TAGS],
    [{ tags: ['a'] }, 107, TAGS],
    [{ tags: many }, 107, TAGS],
    [{ tags: { a: 'é'.repeat(2048) } }, 107, TAGS],
    [{ b64data: 'MQ==' }, 107, 'bad request: data and b64data exclude each other'],
    [{ skip_history: 1 }, 107, 'bad request: skip_history must be true or false'],
    [{ idempotency_key: '' }, 107, expect.stringContaining('idempotency_key')],
    [{ data: 'x'.repeat(65_536) }, 106, expect.stringContaining('65538 bytes')],
    [{ dat: 1 }, 107, 'bad request: unknown field dat'],
    [{ version: 7, dat: 1 }, 107, 'bad request: unknown field dat'],
    [{ version: -1 }, 107, 'bad request: version must be 0 or more'],
    [{ version: 1.5 }, 107, 'bad request: version must be a whole number'],
    [{ version: '1' }, 107, expect.stringContaining('version must be a')],
    [{ version: 1, version_epoch: 'x'.repeat(65) }, 107, expect.stringContaining('version_epoch')],
    [{ channel: 'a b' }, 107, expect.stringContaining('channel name "a b"')],
  ])('refuses %j', async (fields, code, message) => {
    const answer = await rig.call('publish', { channel: 'a', data: 1, ...fields });
    expect(answer).toEqual({ error: { code, message } });
    expect(rig.broker.published).toEqual([]);
    expect(rig.errors).toEqual([`publish ${code}`]);
  });

  test('any number of wrong fields makes a short answer', async () => {
    const fields = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`${i}`.repeat(99), 1]),
    );
    const { body } = await rig.post('publish', { channel: 'a', data: 1, ...fields });
    expect(body.length).toBeLessThan(500);
  });

  test('a namespace that there is not is error 102', async () => {
    const getOptions = () => {
      throw new ProtocolError('unknownChannel');
    };
    rig = new ApiRig({ parts: { getOptions } });
    const answer = await rig.call('publish', { channel: 'x:1', data: 1 });
    expect(answer).toEqual(errorBody(102, 'unknown channel'));
  });
});

describe('broadcast', () => {
  test('publishes to each channel, and answers for each', async () => {
    const answer = await rig.call('broadcast', {
      channels: ['a', 'b c', 'a'],
      data: 'x',
      tags: { t: 'u' },
    });
    const epoch = expect.any(String);
    expect(answer).toEqual({
      result: {
        responses: [
          { result: { offset: 1, epoch } },
          { error: { code: 107, message: expect.stringContaining('channel name "b c"') } },
          { result: { offset: 2, epoch } },
        ],
      },
    });
    const options = { extra: '"tags":{"t":"u"}' };
    expect(rig.broker.published).toEqual([
      { channel: 'a', data: '"x"', options },
      { channel: 'a', data: '"x"', options },
    ]);
    expect([rig.results, rig.errors]).toEqual([1, ['broadcast 107']]);
  });

  test.each([
    [[], 107, 'bad request: channels must have 1 or more items'],
    [
      Array.from({ length: 1001 }, () => 'a'),
      106,
      'limit exceeded: channels has more than 1000 items',
    ],
    ['a', 107, 'bad request: channels must be a list'],
    [['a', 7], 107, 'bad request: channels.1 must be a string'],
  ])('refuses %j', async (channels, code, message) => {
    expect(await rig.call('broadcast', { channels, data: 1 })).toEqual(errorBody(code, message));
    expect(rig.broker.published).toEqual([]);
  });

  test('a fault of newswire’s own is not hidden among the answers', async () => {
    rig.broker.publish = () => Promise.reject(new Error('a bug'));
    await expect(rig.call('broadcast', { channels: ['a'], data: 1 })).rejects.toThrow('a bug');
  });
});
