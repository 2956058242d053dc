import { callApi, publish } from '@newswire/testkit';
import { SECRET, sign } from './access-rig.js';
import type { CodeClient } from './code-client.js';
import type { CodeEdge, CodeSetup } from './code-edge.js';

/** How a code comes to be sent: what the edge is like, and what brings it about. */
export interface CodeCase extends CodeSetup {
  readonly code: number;
  readonly by: string;
  /** Resolves with the client that gets the code. */
  readonly act: (edge: CodeEdge) => Promise<CodeClient>;
}

const TOKENS = { TOKEN_HMAC_SECRET: SECRET };
const GUESTS = { ...TOKENS, ANONYMOUS: 'on' };
/** At least a second ahead: what it is for has time to begin. */
const soon = () => Math.floor(Date.now() / 1000) + 2;

const subscribe = (channel: string, id = 2) => ({ id, subscribe: { channel } });
const page = (id: number, epoch = '') => ({
  id,
  history: { channel: 'a', limit: 1, since: { offset: 0, epoch } },
});

/** A client without a token that has sent these commands behind its `connect`. */
function sends(...commands: object[]): CodeCase['act'] {
  return (edge) => edge.connected('', ...commands);
}

function bearing(claims: () => object, ...commands: object[]): CodeCase['act'] {
  return async (edge) => edge.connected(await sign({ sub: 'ann', ...claims() }), ...commands);
}

/** A client on channel `a` to which the server API does something. */
function called(method: string, params: () => object = () => ({})): CodeCase['act'] {
  return async (edge) => {
    const client = await edge.connected('', subscribe('a'));
    await client.answer(2);
    const answer = await callApi(edge.url, method, { client: await client.id(), ...params() });
    if (!('result' in (answer as object))) throw new Error(JSON.stringify(answer));
    return client;
  };
}

const disconnected = (code: number): CodeCase['act'] =>
  called('disconnect', () => ({ disconnect: { code } }));

const unsubscribed = (code: number): CodeCase['act'] =>
  called('unsubscribe', () => ({ channel: 'a', code }));

/** The second of two clients. */
async function second(edge: CodeEdge): Promise<CodeClient> {
  await (await edge.connected()).answer(1);
  return edge.open();
}

const rpc = { id: 2, rpc: { method: 'm' } };

export const ERROR_CASES: readonly CodeCase[] = [
  {
    code: 100,
    by: 'a hook that does not answer',
    act: sends(subscribe('hook:a')),
  },
  { code: 101, by: 'connecting without a token', settings: TOKENS, act: sends() },
  { code: 102, by: 'an unknown namespace', act: sends(subscribe('nowhere:a')) },
  { code: 103, by: "a channel for users, and who isn't one", act: sends(subscribe('users:a')) },
  { code: 104, by: 'a command that there is not', act: sends({ id: 2, ping: {} }) },
  { code: 105, by: 'subscribing twice', act: sends(subscribe('a'), subscribe('a', 3)) },
  {
    code: 106,
    by: 'one channel too many',
    settings: { MAX_CHANNELS_PER_SESSION: 1 },
    act: sends(subscribe('a'), subscribe('b', 3)),
  },
  { code: 107, by: 'publishing nothing', act: sends({ id: 2, publish: { channel: 'a' } }) },
  { code: 108, by: 'rpc, which nobody answers', act: sends(rpc) },
  { code: 109, by: 'an old token', settings: TOKENS, act: bearing(() => ({ exp: 1 })) },
  {
    code: 110,
    by: 'credentials that are over',
    settings: TOKENS,
    act: bearing(() => ({ expire_at: 1 })),
  },
  {
    code: 111,
    by: 'too many commands',
    settings: { COMMANDS_PER_SECOND: 1, MAX_CHANNELS_PER_SESSION: 1 },
    act: sends(...Array.from({ length: 12 }, (_, i) => subscribe('a', 2 + i))),
  },
  { code: 112, by: "another generation's position", act: sends(page(2, 'nobodys')) },
  { code: 113, by: 'two pages of a history at once', act: sends(page(2), page(3)) },
];

export const UNSUBSCRIBE_CASES: readonly CodeCase[] = [
  { code: 2000, by: 'the server API', act: called('unsubscribe', () => ({ channel: 'a' })) },
  {
    code: 2500,
    by: 'a log that was lost',
    act: async (edge) => {
      const client = await edge.connected('', subscribe('a'));
      await publish(edge.url, 'a', 1);
      await client.answer(2);
      edge.broker.forget();
      return client;
    },
  },
  {
    code: 2501,
    by: 'a subscription token that is not renewed',
    settings: GUESTS,
    timeouts: { expiryGraceMs: 0 },
    act: async (edge) => {
      const token = await sign({ channel: 'a', expire_at: soon() });
      return edge.connected('', { id: 2, subscribe: { channel: 'a', token } });
    },
  },
  { code: 2502, by: 'the server API, by its code', act: unsubscribed(2502) },
];

export const CLOSE_CASES: readonly CodeCase[] = [
  {
    code: 1009,
    by: 'a message that is too long',
    act: quick((client) => client.sendText(' '.repeat(2_000_000))),
  },
  { code: 3000, by: 'the server API', act: disconnected(3000) },
  {
    code: 3001,
    by: 'an edge that stops',
    act: async (edge) => {
      const client = await edge.connected();
      void edge.drain();
      return client;
    },
  },
  {
    code: 3004,
    by: 'a fault in what a command asks for',
    rpc: () => Promise.reject(new TypeError('on purpose')),
    act: sends(rpc),
  },
  { code: 3005, by: 'the server API', act: called('refresh', () => ({ expired: true })) },
  {
    code: 3006,
    by: "a subscription of the server's that is over",
    timeouts: { expiryGraceMs: 0 },
    act: called('subscribe', () => ({ channel: 'b', expire_at: soon() })),
  },
  {
    code: 3008,
    by: 'not reading',
    settings: { MAX_BUFFERED_BYTES: 4096, MAX_LAG_MS: 100 },
    act: async (edge) => {
      const client = await edge.connected('', subscribe('a'));
      await client.answer(2);
      client.pause();
      for (let i = 0; i < 300; i++) await publish(edge.url, 'a', 'x'.repeat(50_000));
      await edge.hasClosed(3008);
      client.resume();
      return client;
    },
  },
  {
    code: 3009,
    by: 'an answer that cannot be written',
    rpc: () => Promise.resolve(Symbol('no line of JSON') as unknown as string),
    act: sends(rpc),
  },
  {
    code: 3010,
    by: "a gap in a subscription of the server's",
    act: async (edge) => {
      const client = await called('subscribe', () => ({ channel: 'b' }))(edge);
      await publish(edge.url, 'b', 1);
      edge.broker.forget();
      return client;
    },
  },
  { code: 3011, by: 'the server API', act: disconnected(3011) },
  {
    code: 3012,
    by: 'not answering pings',
    settings: { PING_INTERVAL_MS: 100, PING_TIMEOUT_MS: 100 },
    act: sends(),
  },
  { code: 3013, by: 'too many connects', settings: { CONNECTS_PER_SECOND: 1 }, act: second },
  { code: 3014, by: 'the server API', act: disconnected(3014) },
  { code: 3500, by: 'garbage for a token', settings: TOKENS, act: (edge) => edge.connected('x') },
  {
    code: 3501,
    by: 'a command before connect',
    act: quick((client) => client.send(subscribe('a'))),
  },
  {
    code: 3502,
    by: 'not connecting',
    timeouts: { connectTimeoutMs: 0 },
    act: (edge) => edge.open(),
  },
  { code: 3503, by: 'the server API', act: called('disconnect') },
  {
    code: 3504,
    by: 'too many connections of an address',
    settings: { MAX_CONNECTIONS_PER_ADDRESS: 1 },
    act: second,
  },
  {
    code: 3505,
    by: 'more channels in a token than a connection may have',
    settings: { ...TOKENS, MAX_CHANNELS_PER_SESSION: 1 },
    act: bearing(() => ({ subs: { a: {}, b: {} } })),
  },
  {
    code: 3506,
    by: 'a frame of the other encoding',
    act: quick((client) => client.sendForeign({ id: 1, connect: {} })),
  },
  {
    code: 3507,
    by: 'a protocol that has no tokens, where they are needed',
    settings: TOKENS,
    act: quick((client) => client.sendText('sub#a'), '/ws'),
  },
  { code: 3508, by: 'a message, which nobody takes', act: sends({ send: { data: 1 } }) },
  {
    code: 3509,
    by: 'asking on and on',
    settings: TOKENS,
    act: async (edge) => {
      const client = await edge.open();
      for (let id = 1; id <= 5; id++) {
        client.send({ id, connect: {} });
        await client.answer(id);
      }
      return client;
    },
  },
];

/** A client that is not connected. */
function quick(act: (client: CodeClient) => void, path?: string): CodeCase['act'] {
  return async (edge) => {
    const client = await edge.open(path);
    act(client);
    return client;
  };
}
