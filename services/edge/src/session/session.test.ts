import { describe, expect, test } from 'vitest';
import { HubRig, settled } from '../../test/rig/hub-rig.js';

const CONNECT = '{"id":1,"connect":{}}';
const subscribeTo = (channel: string, id = 2) => JSON.stringify({ id, subscribe: { channel } });

async function sent(...frames: string[]) {
  const rig = new HubRig();
  const client = rig.open();
  for (const frame of frames) client.session.handleFrame(frame);
  await settled();
  return { rig, client, session: client.session, socket: client.socket };
}

describe('a Centrifuge session', () => {
  test('receives its client id and ping interval', async () => {
    const { client } = await sent(CONNECT);
    expect(client.lines).toEqual([
      { id: 1, connect: { client: expect.any(String), version: '0', ping: 25, pong: true } },
    ]);
  });

  test.each([
    ['a command before connect', [subscribeTo('a')]],
    ['a pong before connect', ['{}']],
    ['connecting twice', [CONNECT, CONNECT]],
    ['what is not JSON', [CONNECT, 'hello']],
    ['a command without an id', [CONNECT, '{"subscribe":{"channel":"a"}}']],
  ])('%s closes it with 3501', async (_, frames) => {
    const { socket } = await sent(...frames);
    expect(socket.closes).toEqual([3501]);
  });

  test('that is closed executes nothing more of the same frame', async () => {
    const { socket, session, rig } = await sent(`${CONNECT}\n${CONNECT}\n${subscribeTo('a')}`);
    expect([socket.closes, session.subscriptions.size, rig.hub.channelCount]).toEqual([
      [3501],
      0,
      0,
    ]);
  });

  test.each([
    ['a channel it is on already', [subscribeTo('a'), subscribeTo('a', 3)], 105],
    [
      'one channel too many',
      Array.from({ length: 11 }, (_, i) => subscribeTo(`c${i}`, i + 2)),
      106,
    ],
    ['a bad name', [subscribeTo('no no')], 107],
    ['an unknown method', ['{"id":2,"ping":{}}'], 104],
    ['what is not available', ['{"id":2,"history":{"channel":"a"}}'], 108],
  ])('%s is refused and changes nothing', async (_, frames, code) => {
    const { client, socket, session } = await sent(CONNECT, ...frames);
    expect(client.lines.find(({ error }) => error)?.error?.code).toBe(code);
    expect([socket.closes, session.subscriptions.size]).toEqual([[], frames.length - 1]);
  });

  test('unsubscribing is answered, also where nothing was subscribed', async () => {
    const { client, session, rig } = await sent(CONNECT, subscribeTo('a'));
    const unsubscribe = ['a', 'b'].map((channel, i) => ({ id: 3 + i, unsubscribe: { channel } }));
    session.handleFrame(unsubscribe.map((command) => JSON.stringify(command)).join('\n'));
    expect(client.lines.slice(2)).toEqual([
      { id: 3, unsubscribe: {} },
      { id: 4, unsubscribe: {} },
    ]);
    expect(session.subscriptions.size).toBe(0);
    await rig.publish('a', 1);
    expect(client.offsets).toEqual([]);
  });

  test('is pinged by a frame, once it is connected', async () => {
    const { client, socket } = await sent();
    client.session.handleFrame('');
    client.session.ping();
    expect(socket.frames).toEqual([]);
    client.session.handleFrame(CONNECT);
    await settled();
    client.session.ping();
    expect(socket.frames.at(-1)).toBe('{}');
  });

  test('a binary frame closes it', async () => {
    const { session, socket } = await sent(CONNECT);
    session.handleFrame(Buffer.from([0x80]));
    expect(socket.closes).toEqual([3506]);
  });
});
