import { MemoryBlockList } from '@newswire/broker';
import { CLOSES, ProtocolError, type CloseKind, type MembersNotice } from '@newswire/protocol';
import { PusherApp, PusherApps, type NamespaceOptions } from '@newswire/runtime';
import { describe, expect, test } from 'vitest';
import { HubRig, settled, type HubClient } from '../../../test/rig/hub-rig.js';
import { OPEN_NAMESPACE, openAccess } from '../../../test/rig/open-access.js';
import { PresenceModel } from '../../../test/rig/presence-model.js';
import { PUSHER_CLOSES, pusherCloses } from './closes.js';
import { negotiate } from './endpoints.js';
import { UsersView } from './members-view.js';

const app = new PusherApp(
  {
    id: '1',
    key: 'key',
    isEnabled: true,
    channelPrefix: 'p:',
    clientEvents: true,
    subscriptionCount: false,
    activityTimeoutS: 33,
  },
  'a-secret-of-the-app',
);

interface SentEvent {
  readonly event: string;
  readonly channel?: string;
  readonly data: unknown;
}

const messages = ({ socket }: HubClient) =>
  socket.frames.map((frame) => JSON.parse(frame) as SentEvent);
const eventsOf = (client: HubClient) => messages(client).map(({ event }) => event);

function newRig(options: Partial<NamespaceOptions> = {}, admitsAnonymous = true) {
  const getOptions = () => ({ ...OPEN_NAMESPACE, ...options });
  const presence = new PresenceModel();
  const blockList = new MemoryBlockList(Date.now);
  const access = { ...openAccess(getOptions), admitsAnonymous };
  const rig = new HubRig(10, { access, presence, getOptions, blockList });
  const services = {
    access,
    getOptions,
    presence,
    apps: new PusherApps([app]),
    maxMessageBytes: 1_048_576,
    now: () => rig.nowMs,
  };
  const open = () => {
    const handshake = { path: '/app/key', query: 'protocol=7', subprotocols: [] };
    const { protocol, opening } = negotiate(handshake, services);
    const client = rig.open(protocol, 'websocket', opening);
    client.session.connect();
    return client;
  };
  const send = async ({ session }: HubClient, event: string, data: object, channel?: string) => {
    session.handleFrame(JSON.stringify({ event, data, ...(channel && { channel }) }));
    await settled();
  };
  const subscribe = (client: HubClient, channel: string, channelData?: string) => {
    const signed = [client.session.client, channel, ...(channelData ? [channelData] : [])];
    const auth = `key:${app.sign(signed.join(':'))}`;
    return send(client, 'pusher:subscribe', { channel, auth, channel_data: channelData });
  };
  return { rig, open, send, subscribe, blockList, presence };
}

describe('a session of the Pusher protocol', () => {
  test('is connected before the first frame, with a socket id and the activity timeout', () => {
    const client = newRig().open();
    const data = JSON.stringify({ socket_id: client.session.client, activity_timeout: 33 });
    expect(messages(client)).toEqual([{ event: 'pusher:connection_established', data }]);
    expect(client.session.client).toMatch(/^\d+\.\d+$/);
  });

  test('is closed with 4200 after a gap, so that the client reconnects and subscribes again', async () => {
    const { rig, open, subscribe } = newRig();
    const client = open();
    await subscribe(client, 'a');
    await rig.publish('p:a', 1);
    await rig.broker.unsubscribe('p:a');
    await rig.publish('p:a', 3);
    await rig.broker.removeHistory('p:a');
    await rig.broker.subscribe('p:a', rig.hub);
    rig.hub.handleGap('p:a');
    await settled();
    expect(client.socket.closes).toEqual([4200]);
  });

  test('does not receive its own events, also while it lags, and loses no other', async () => {
    const { rig, open, subscribe } = newRig();
    const [one, two] = [open(), open()];
    for (const each of [one, two]) await subscribe(each, 'a');
    const publish = (n: number, sender?: HubClient) => {
      const extra = sender && `"info":{"user":"","client":"${sender.session.client}"}`;
      return rig.broker.publish('p:a', `{"event":"e","data":${n}}`, extra ? { extra } : {});
    };
    await Promise.all([publish(1), publish(2, one), publish(3), publish(4, two), publish(5, one)]);
    await settled();
    const received = (client: HubClient) =>
      messages(client).flatMap(({ event, data }) => (event === 'e' ? [Number(data)] : []));
    expect([received(one), received(two)]).toEqual([
      [1, 3, 4],
      [1, 2, 3, 5],
    ]);
    await publish(6);
    await settled();
    expect(received(one).at(-1)).toBe(6);
    expect(one.session.subscriptions.get('p:a')?.state.name).toBe('live');
  });

  test('shows what has not the form of an event, or is reserved, as an event message', async () => {
    const { rig, open, subscribe } = newRig();
    const client = open();
    await subscribe(client, 'a');
    const items = [
      { event: 'pusher:connection_established', data: {} },
      { event: 'pusher_internal:subscription_succeeded', data: {} },
      { event: 'x' },
      { event: 'x', data: 1, more: 2 },
      { event: 7, data: 1 },
      { event: '', data: 1 },
    ];
    for (const item of items) await rig.publish('p:a', 1, item);
    const shown = messages(client).slice(2);
    expect(shown).toEqual(
      items.map((item) => ({ event: 'message', channel: 'a', data: JSON.stringify(item) })),
    );
  });

  test('respects the options of a namespace', async () => {
    const { open, subscribe } = newRig({ subscribe: 'nobody' });
    const client = open();
    for (const channel of ['a', 'private-a']) await subscribe(client, channel);
    await subscribe(client, 'presence-a', '{"user_id":1}');
    expect(eventsOf(client).slice(1)).toEqual(Array(3).fill('pusher:subscription_error'));
  });

  test.each(['', '{}', 'no JSON', '{"user_id":""}', '{"user_id":null}', '[1]'])(
    'refuses the channel data %j',
    async (data) => {
      const { open, subscribe } = newRig();
      const client = open();
      await subscribe(client, 'presence-a', data);
      expect(eventsOf(client)).toEqual([
        'pusher:connection_established',
        'pusher:subscription_error',
      ]);
    },
  );

  test('reconnects if a subscription cannot begin now, because clients would not try again', async () => {
    const { open, subscribe, presence } = newRig();
    presence.members = () => Promise.reject(new ProtocolError('internal', 'Redis is away'));
    const client = open();
    await subscribe(client, 'presence-a', '{"user_id":1}');
    expect(client.socket.closes).toEqual([4100]);
    expect(eventsOf(client)).not.toContain('pusher:subscription_error');
  });

  test('needs a user for public channels where clients without a user are not admitted', async () => {
    const { open, send, subscribe } = newRig({}, false);
    const client = open();
    await subscribe(client, 'a');
    await subscribe(client, 'private-a');
    const data = '{"id":"ann"}';
    const auth = `key:${app.sign(`${client.session.client}::user::${data}`)}`;
    await send(client, 'pusher:signin', { auth, user_data: data });
    await subscribe(client, 'a');
    expect(eventsOf(client).slice(1)).toEqual([
      'pusher:subscription_error',
      'pusher_internal:subscription_succeeded',
      'pusher:signin_success',
      'pusher_internal:subscription_succeeded',
    ]);
  });

  test('a blocked user cannot sign in', async () => {
    const { rig, open, send, blockList } = newRig();
    const client = open();
    await blockList.block('p:ann', Date.now() + 60_000);
    await rig.core.blocked.reload();
    const data = '{"id":"ann"}';
    const auth = `key:${app.sign(`${client.session.client}::user::${data}`)}`;
    await send(client, 'pusher:signin', { auth, user_data: data });
    expect(client.socket.closes).toEqual([4009]);
  });

  test('subscribing twice is an error that names no channel', async () => {
    const { open, subscribe } = newRig();
    const client = open();
    for (let i = 0; i < 2; i++) await subscribe(client, 'a');
    expect(messages(client).at(-1)).toMatchObject({
      event: 'pusher:error',
      data: { code: null, message: 'already subscribed' },
    });
  });
});

describe('close codes', () => {
  test.each(Object.keys(CLOSES) as CloseKind[])('%s keeps its meaning', (kind) => {
    const { code, reconnect } = CLOSES[kind];
    const translated = pusherCloses.translate({ code, reason: '' });
    expect(Object.values(PUSHER_CLOSES)).toContainEqual(translated);
    const isFinal = translated.code < 4100;
    // A stale session of newswire has not connected yet, which cannot happen here.
    if (kind !== 'stale') expect(isFinal).toBe(!reconnect);
  });

  test.each(Object.keys(CLOSES) as CloseKind[])('a session is closed for %s', (kind) => {
    const client = newRig().open();
    client.session.close(kind);
    const { code } = pusherCloses.translate(CLOSES[kind]);
    expect(client.socket.closes).toEqual([code]);
    const [, ...later] = messages(client);
    const announced = later.map(({ event, data }) => [event, (data as { code: number }).code]);
    expect(announced).toEqual(code < 4200 ? [['pusher:error', code]] : []);
  });

  test('codes of the server API stay, others become those of their range', () => {
    expect(pusherCloses.translate({ code: 4321, reason: 'x' })).toEqual({
      code: 4321,
      reason: 'x',
    });
    expect(pusherCloses.translate({ code: 3499, reason: '' }).code).toBe(4200);
    expect(pusherCloses.translate({ code: 3999, reason: 'why' })).toEqual({
      code: 4009,
      reason: 'connection is unauthorized: why',
    });
  });
});

test('a lost join or leave is made up for within 30 seconds', async () => {
  const { rig, open, subscribe, presence } = newRig();
  const ann = open();
  await subscribe(ann, 'presence-a', '{"user_id":"ann"}');
  const bob = { client: 'elsewhere', user: '', chanInfo: '{"user_id":"bob"}' };
  const sweepFor = async (seconds: number) => {
    for (let i = 0; i < seconds * 4; i++) rig.core.sweep();
    await settled();
  };
  const last = () => eventsOf(ann).at(-1);
  await presence.join('p:presence-a', bob, false);
  await sweepFor(31);
  expect(last()).toBe('pusher_internal:member_added');
  await presence.leave('p:presence-a', bob.client, false);
  presence.fault = new Error('Redis is away');
  await sweepFor(31);
  expect(last()).toBe('pusher_internal:member_added');
  presence.fault = undefined;
  await sweepFor(31);
  expect(last()).toBe('pusher_internal:member_removed');
  await sweepFor(31);
  expect(eventsOf(ann).filter((event) => event.startsWith('pusher_internal:member'))).toHaveLength(
    2,
  );
});

describe('the users of a presence channel', () => {
  const member = (client: string, user: string) => ({
    client,
    user: '',
    chanInfo: `{"user_id":"${user}"}`,
  });
  const summary = (notices: readonly MembersNotice[]) =>
    notices.map((each) =>
      each.type === 'subscriptionCount' ? '' : `${each.type} ${each.member.client}`,
    );
  const change = (type: 'join' | 'leave', client: string, user: string) =>
    ({ type, channel: 'c', member: member(client, user) }) as const;
  const listed = (...members: (readonly [string, string])[]) =>
    new Map(members.map(([client, user]) => [client, member(client, user)]));

  test('join with their first connection and leave with their last', () => {
    const view = new UsersView('c');
    const own = listed(['1', 'me']);
    expect(view.handleSubscriber(member('1', 'me'), own)).toEqual([]);
    expect(summary(view.handleChange(change('join', '1', 'me')))).toEqual([]);
    expect(summary(view.handleChange(change('join', '2', 'ann')))).toEqual(['join 2']);
    expect(summary(view.handleChange(change('join', '3', 'ann')))).toEqual([]);
    expect(summary(view.handleChange(change('leave', '2', 'ann')))).toEqual([]);
    expect(summary(view.handleChange(change('leave', '2', 'ann')))).toEqual([]);
    expect(summary(view.handleChange(change('leave', '3', 'ann')))).toEqual(['leave 3']);
  });

  test('a read that is older than a change does not undo it', () => {
    const view = new UsersView('c');
    view.handleSubscriber(member('1', 'me'), listed(['1', 'me'], ['2', 'ann'], ['3', 'bob']));
    view.handleChange(change('join', '4', 'eve'));
    view.handleChange(change('leave', '2', 'ann'));
    const read = listed(['2', 'ann'], ['5', 'dan']);
    expect(summary(view.handleRead(read))).toEqual(['join 5', 'leave 3']);
  });

  test('a new subscriber is notified of what changed after its list was read', () => {
    const view = new UsersView('c');
    view.handleSubscriber(member('1', 'me'), listed(['1', 'me']));
    view.handleChange(change('join', '2', 'ann'));
    const notices = view.handleSubscriber(
      member('3', 'bob'),
      listed(['1', 'me'], ['4', 'eve'], ['3', 'bob']),
    );
    expect(summary(notices)).toEqual(['join 2', 'leave 4']);
  });

  test('the others on this edge are notified of a subscriber, however late the members are read', () => {
    const view = new UsersView('c');
    view.handleSubscriber(member('1', 'me'), listed(['1', 'me']));
    view.handleSubscriber(member('2', 'ann'), listed(['1', 'me'], ['2', 'ann']));
    expect(summary(view.handleChange(change('join', '2', 'ann')))).toEqual(['join 2']);
    view.handleSubscriber(member('3', 'bob'), listed(['1', 'me'], ['2', 'ann'], ['3', 'bob']));
    // Its join was announced before this edge received changes.
    const read = listed(['1', 'me'], ['2', 'ann'], ['3', 'bob']);
    expect(summary(view.handleRead(read))).toEqual(['join 3']);
  });

  test('a client is not notified of its own user', () => {
    const view = new UsersView('c');
    view.handleSubscriber(member('1', 'me'), listed(['1', 'me']));
    view.handleSubscriber(member('2', 'ann'), listed(['1', 'me'], ['2', 'ann']));
    const notice = change('join', '9', 'ann');
    expect([view.concerns(notice, '1'), view.concerns(notice, '2')]).toEqual([true, false]);
  });
});
