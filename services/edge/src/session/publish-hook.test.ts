import { ProtocolError } from '@newswire/protocol';
import { expect, test } from 'vitest';
import { buildOptions } from '../../test/rig/access-script.js';
import { HubRig } from '../../test/rig/hub-rig.js';
import {
  AccessClosedError,
  NO_HOOKS,
  type PublishAttempt,
  type SessionHooks,
} from '../access/access.js';

const OPTIONS = buildOptions({
  desk: { publish: 'hook', readHistory: 'everyone' },
  open: { publish: 'everyone' },
});

function rigWith(publish: SessionHooks['publish']) {
  return new HubRig(10, {
    getOptions: OPTIONS,
    hooks: { ...NO_HOOKS, publish },
    maxDataBytes: 100,
  });
}

test('the hook may replace what a client publishes, and leave it out of the history', async () => {
  const asked: PublishAttempt[] = [];
  const rig = rigWith(async (attempt) => {
    asked.push(attempt);
    return { data: `[${attempt.data}]`, isTransient: attempt.data === '2' };
  });
  const listener = await rig.subscribed('desk:1');
  const client = await rig.connected();
  for (const data of [1, 2]) {
    expect(await client.ask(data + 1, { publish: { channel: 'desk:1', data } })).toEqual({
      id: data + 1,
      publish: {},
    });
  }
  expect(asked).toMatchObject([
    { client: client.session.client, channel: 'desk:1', data: '1' },
    { data: '2' },
  ]);
  expect(listener.pubs.map(({ data }) => data)).toEqual([[1], [2]]);
  const history = await client.ask(9, { history: { channel: 'desk:1', limit: 9 } });
  expect(history).toMatchObject({ history: { publications: [{ data: [1] }] } });
  expect(JSON.stringify(history)).not.toContain('[2]');
});

test('nothing is published before or without the answer', async () => {
  const rig = rigWith(() => Promise.reject(new ProtocolError('permissionDenied')));
  const client = await rig.connected();
  const publish = { channel: 'desk:1', data: 1 };
  expect(await client.ask(2, { publish })).toMatchObject({ error: { code: 103 } });
  expect(rig.broker.published).toEqual([]);
});

test('the hook may close the connection', async () => {
  const rig = rigWith(() => Promise.reject(new AccessClosedError({ code: 4501, reason: '' })));
  const client = await rig.connected();
  await client.ask(2, { publish: { channel: 'desk:1', data: 1 } });
  expect(client.socket.closes).toEqual([4501]);
});

test('too much data is refused, before the hook and after it', async () => {
  let asked = 0;
  const rig = rigWith(async () => {
    asked++;
    return { data: JSON.stringify('x'.repeat(99)), isTransient: false };
  });
  const client = await rig.connected();
  const long = { channel: 'desk:1', data: 'x'.repeat(99) };
  expect(await client.ask(2, { publish: long })).toMatchObject({ error: { code: 106 } });
  expect(asked).toBe(0);
  const short = { channel: 'desk:1', data: 'x' };
  expect(await client.ask(3, { publish: short })).toMatchObject({ error: { code: 106 } });
  expect(asked).toBe(1);
  expect(rig.broker.published).toEqual([]);
});

test('the hook is asked only in namespaces with publish: hook', async () => {
  const rig = rigWith(() => Promise.reject(new Error('asked')));
  const client = await rig.connected();
  const publish = { channel: 'open:1', data: 1 };
  expect(await client.ask(2, { publish })).toEqual({ id: 2, publish: {} });
});

test('without the hook, such a namespace refuses publications with error 108', async () => {
  const rig = rigWith(undefined);
  const client = await rig.connected();
  const publish = { channel: 'desk:1', data: 1 };
  expect(await client.ask(2, { publish })).toMatchObject({ error: { code: 108 } });
});
