import type { SubscriptionStart } from '@newswire/protocol';
import { describe, expect, test } from 'vitest';
import { ScriptedAccess } from '../../test/rig/access-script.js';
import { type HubClient, HubRig, settled, upTo } from '../../test/rig/hub-rig.js';
import { PresenceModel } from '../../test/rig/presence-model.js';
import { OPEN_NAMESPACE } from '../../test/rig/open-access.js';
import { toRingPublication } from '../channel/ring.js';
import { listedBytes, REPLY_BYTES, startBytes } from './replies.js';
import { centrifugeCodec } from '../protocols/centrifuge/protocol.js';
import fc from 'fast-check';

const MAX_BYTES = 20_000;

const EVERYONE = {
  publish: 'everyone',
  readHistory: 'everyone',
  readPresence: 'everyone',
} as const;
const OPTIONS = { ...OPEN_NAMESPACE, ...EVERYONE, presence: true, delta: true };

function rigWith(more: ConstructorParameters<typeof HubRig>[1] = {}, ringSize = 1000) {
  const access = new ScriptedAccess();
  const limits = { maxMessageBytes: MAX_BYTES, maxFlushBytes: 1_000_000 };
  const rig = new HubRig(ringSize, { access, getOptions: () => OPTIONS, ...limits, ...more });
  return { rig, access };
}

/** The UTF-8 bytes of the longest message that the client received. */
function mostBytes({ socket }: HubClient): number {
  return Math.max(...socket.frames.map((frame) => Buffer.byteLength(frame)));
}

function expectFitting(...clients: readonly HubClient[]): void {
  for (const client of clients) expect(mostBytes(client)).toBeLessThanOrEqual(MAX_BYTES);
}

const item = 'ü'.repeat(1500);

describe('no message is longer than the limit', () => {
  test('where many publications come in one tick', async () => {
    const { rig } = rigWith();
    const clients = [await rig.subscribed('a'), await rig.subscribed('a')];
    for (let i = 0; i < 900; i++) void rig.broker.publish('a', '1');
    await settled();
    expectFitting(...clients);
    for (const { offsets, socket } of clients) {
      expect(offsets).toEqual(upTo(1, 900));
      expect(socket.frames.length).toBeLessThan(10);
    }
  });

  test('where a client catches up', async () => {
    const { rig } = rigWith({ maxBufferedBytes: 50_000 });
    const client = await rig.subscribed('a');
    client.socket.buffered = 100_000;
    for (let i = 0; i < 900; i++) void rig.broker.publish('a', '1');
    await settled();
    expect(client.offsets).toEqual([]);
    client.socket.buffered = 0;
    client.session.handleDrain();
    await settled();
    expectFitting(client);
    expect(client.offsets).toEqual(upTo(1, 900));
  });

  test('where answers of one tick go out together', async () => {
    const { rig } = rigWith();
    await rig.publish('a', 5, item);
    const client = await rig.connected();
    client.send(...upTo(2, 11).map((id) => ({ id, history: { channel: 'a', limit: 5 } })));
    await settled();
    expectFitting(client);
    expect(client.lines.map(({ id }) => id)).toEqual(upTo(1, 11));
  });

  test('where a page of history would be: it ends early, and goes on from there', async () => {
    const { rig } = rigWith();
    await rig.publish('a', 12, item);
    await rig.publish('a', 300, 1);
    const client = await rig.connected();
    const offsets: number[] = [];
    for (let id = 2; id < 12; id++) {
      const since = { offset: offsets.at(-1) ?? 0, epoch: '' };
      const answer = await client.ask(id, { history: { channel: 'a', limit: -1, since } });
      const { history } = answer as { history?: { publications: { offset: number }[] } };
      offsets.push(...(history?.publications ?? []).map(({ offset }) => offset));
    }
    expectFitting(client);
    expect(offsets).toEqual(upTo(1, 312));
  });

  test.each([
    ['few large publications', 9, item],
    ['many small ones', 900, 1],
  ])('where a subscription goes on behind %s: they follow it as pushes', async (_, count, data) => {
    const { rig } = rigWith();
    const first = await rig.subscribed('a');
    const { epoch } = await rig.publish('a', count, data);
    const client = await rig.subscribed('a', { recover: true, offset: 0, epoch });
    expectFitting(client, first);
    expect(client.answer?.subscribe).toMatchObject({ recovered: true, offset: 0 });
    expect(client.offsets).toEqual(upTo(1, count));
  });

  test('where the data are strings, of which many characters are escaped', async () => {
    const { rig } = rigWith();
    const data = { list: '"'.repeat(2500) };
    await rig.subscribed('a');
    const { epoch } = await rig.publish('a', 3, data);
    const since = { recover: true, offset: 0, epoch };
    const client = await rig.subscribed('a', { ...since, delta: 'fossil' });
    expectFitting(client);
    expect(client.offsets).toEqual(upTo(1, 3));
  });

  test('where the connect reply has what was missed on several channels', async () => {
    const channels = upTo(1, 8).map((n) => `c${n}`);
    const { rig, access } = rigWith();
    access.credentials['t'] = { subs: Object.fromEntries(channels.map((name) => [name, {}])) };
    const subs: Record<string, object> = {};
    for (const channel of channels) {
      const { epoch } = await rig.publish(channel, 4, item.slice(0, 500));
      subs[channel] = { recover: true, offset: 0, epoch };
    }
    const client = await rig.connected({ token: 't', subs });
    await settled();
    expectFitting(client);
    const started = parseStarts(client);
    expect(Object.keys(started)).toEqual(channels);
    const inReply = Object.values(started).map(({ publications = [] }) => publications.length);
    expect(inReply.filter((count) => count > 0).length).toBeGreaterThan(0);
    for (const channel of channels) {
      const pushed = client.lines.filter(({ push }) => push?.channel === channel);
      const offsets = pushed.map(({ push }) => push?.pub?.offset);
      const told = (started[channel]?.publications ?? []).map(({ offset }) => offset);
      expect([...told, ...offsets]).toEqual(upTo(1, 4));
    }
  });

  test('where the connect reply has more subscriptions than fit: the others follow as pushes', async () => {
    const channels = upTo(1, 10).map((n) => `c${n}`);
    const { rig, access } = rigWith({ maxMessageBytes: 4000 });
    const subs = Object.fromEntries(
      channels.map((name) => [name, { data: `"${'x'.repeat(400)}"` }]),
    );
    access.credentials['t'] = { subs };
    const client = await rig.connected({ token: 't' });
    await settled();
    expect(mostBytes(client)).toBeLessThanOrEqual(4000);
    const inReply = Object.keys(parseStarts(client));
    const pushed = client.pushes.map(({ channel, subscribe }) => subscribe && channel);
    expect([...inReply, ...pushed]).toEqual(channels);
    expect(inReply.length).toBeGreaterThan(0);
    await rig.publish('c10', 1);
    expect(client.offsets).toEqual([1]);
  });

  test('where presence would be: it is refused, and the statistics are not', async () => {
    const presence = new PresenceModel();
    const { rig } = rigWith({ presence });
    const infos = upTo(1, 100).map((n) => ({ client: `${n}`, user: 'u'.repeat(200) }));
    const members = new Map(infos.map((info) => [info.client, info]));
    presence.members = () => Promise.resolve(members);
    const client = await rig.connected();
    const answer = await client.ask(2, { presence: { channel: 'a' } });
    const message = 'limit exceeded: the answer has more than 20000 bytes';
    expect(answer?.error).toEqual({ code: 106, message });
    expect(await client.ask(3, { presence_stats: { channel: 'a' } })).not.toHaveProperty('error');
    members.delete('1');
    for (const key of upTo(40, 100)) members.delete(`${key}`);
    expect(await client.ask(4, { presence: { channel: 'a' } })).not.toHaveProperty('error');
  });

  test('where a client names a faulty member itself', async () => {
    const client = await rigWith().rig.connected();
    const answer = await client.ask(2, { connect: { headers: { ['x'.repeat(100_000)]: 1 } } });
    expectFitting(client);
    expect(answer?.error?.code).toBe(107);
  });
});

test('a client publishes no more data than anybody else', async () => {
  const { rig } = rigWith({ maxDataBytes: 100, maxMessageBytes: 2000 });
  const client = await rig.connected();
  const publish = (data: string) => ({ publish: { channel: 'a', data } });
  expect(await client.ask(2, publish('x'.repeat(98)))).toEqual({ id: 2, publish: {} });
  expect((await client.ask(3, publish('x'.repeat(99))))?.error).toEqual({
    code: 106,
    message: 'limit exceeded: data has 101 bytes as JSON, 100 are allowed',
  });
});

test('a client cannot publish data that is too long together with its info', async () => {
  const { rig, access } = rigWith({ maxMessageBytes: 2000 });
  access.credentials['t'] = { user: 'u', info: `"${'x'.repeat(900)}"` };
  const client = await rig.connected({ token: 't' });
  const answer = await client.ask(2, { publish: { channel: 'a', data: 1 } });
  expect(answer?.error?.code).toBe(106);
});

const json = fc.json().map((text) => text.replaceAll(/[\n\r]/g, ' '));

test('replies have at most the bytes that they are counted as', () => {
  const name = fc.stringMatching(/^[a-z0-9:&.]{1,255}$/);
  const publication = fc.record({ offset: fc.maxSafeNat(), data: json });
  const start = fc.record({ data: fc.option(json, { nil: undefined }), hasDelta: fc.boolean() });
  const longest = { epoch: 'é'.repeat(32), offset: Number.MAX_SAFE_INTEGER };
  fc.assert(
    fc.property(name, start, fc.array(publication), (channel, { data, hasDelta }, listed) => {
      const entries = listed.map((each) => toRingPublication(each, 0));
      const begun: SubscriptionStart = {
        channel,
        position: longest,
        positioning: 'recoverable',
        wasRecovering: true,
        recovered: true,
        publications: entries,
        hasDelta,
        data,
        ttlS: Number.MAX_SAFE_INTEGER,
      };
      const most = startBytes(channel, data) + listedBytes(entries, hasDelta);
      const reply = { type: 'subscribed', id: 0xffff_ffff, ...begun } as const;
      const bytes = Buffer.byteLength(centrifugeCodec.encodeReply(reply) ?? '');
      expect(bytes).toBeLessThanOrEqual(REPLY_BYTES + most);
      // In a connect reply, REPLY_BYTES count once for all subscriptions.
      const member = `"${channel}":{},`;
      expect(bytes - '{"id":4294967295,"subscribe":{}}'.length + member.length).toBeLessThanOrEqual(
        most,
      );
    }),
  );
});

function parseStarts({
  lines,
}: HubClient): Record<string, { publications?: { offset: number }[] }> {
  const { connect } = lines[0] as { connect?: { subs?: Record<string, object> } };
  return connect?.subs ?? {};
}
