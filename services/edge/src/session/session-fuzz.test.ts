import { ERRORS, ProtocolError, type Frame, type Protocol } from '@newswire/protocol';
import { heapInUse } from '@newswire/testkit';
import { expect, test } from 'vitest';
import { buildOptions, ScriptedAccess } from '../../test/rig/access-script.js';
import { type HubClient, HubRig, type ReplyLine, settled } from '../../test/rig/hub-rig.js';
import { PresenceModel } from '../../test/rig/presence-model.js';
import type { RpcHandler } from '../access/access.js';
import { decodeReplies, encodeCommands, type ProtoMembers } from '../../test/rig/protobuf.js';
import { centrifugeProtobufProtocol } from '../protocols/centrifuge-protobuf/protocol.js';
import { centrifugeProtocol } from '../protocols/centrifuge/protocol.js';
import { plainSseProtocol, plainSseRequest } from '../protocols/plain-sse/codec.js';
import { seedProtocol } from '../protocols/seed/codec.js';
import fc from 'fast-check';

const everyone = {
  publish: 'everyone',
  readHistory: 'everyone',
  readPresence: 'everyone',
  presence: true,
  joinLeave: true,
} as const;

const rpc: RpcHandler = async ({ method, data }) => {
  if (method === 'echo') return data ?? 'null';
  throw new ProtocolError('methodNotFound');
};

/**
 * After this time, a channel without subscriptions is forgotten, with its history and its epoch.
 */
const FORGOTTEN_AFTER_MS = 30 * 86_400_000;

/** One edge for all runs, as for real clients. */
function newEdge() {
  const access = new ScriptedAccess();
  access.credentials['ann'] = { user: 'ann', info: '"Ann"', subs: { s: {} } };
  access.grants['slow'] = Promise.resolve({ info: '1' });
  const presence = new PresenceModel();
  const namespaces = buildOptions({
    all: everyone,
    loose: { recovery: false },
    delta: { delta: true },
  });
  const rig = new HubRig(10, { access, presence, getOptions: namespaces, rpc });
  /** The heap in use after a long time without clients, without the rig's own records. */
  const edgeBytes = async () => {
    await rig.elapse(FORGOTTEN_AFTER_MS);
    rig.broker.sweep();
    const { broker, recoveries, gaps } = rig;
    const written = [access.connects, access.attempts, broker.reads, broker.published];
    for (const records of [...written, recoveries, gaps]) records.length = 0;
    return heapInUse();
  };
  return { rig, edgeBytes };
}

const channel = fc.constantFrom('a', 'b', 's', 'all:a', 'loose:a', 'delta:a', '', 'no good', '*');
const token = fc.constantFrom('', '', 'ann', 'slow', 'bad');
const data = fc.jsonValue({ maxDepth: 1 });
const position = fc.record({ offset: fc.nat(20), epoch: fc.constantFrom('', 'e') });
const optional = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] });

const valid = fc.oneof(
  fc.record({
    subscribe: fc
      .tuple(
        fc.record({ channel, token }),
        position,
        optional({
          recover: fc.boolean(),
          positioned: fc.boolean(),
          join_leave: fc.boolean(),
          flag: fc.nat(7),
          delta: fc.constant('fossil'),
        }),
      )
      .map((parts) => Object.assign({}, ...parts) as object),
  }),
  fc.record({ unsubscribe: fc.record({ channel }) }),
  fc.record({ publish: fc.record({ channel, data }) }),
  fc.record({
    history: fc
      .tuple(
        fc.record({ channel, limit: fc.integer({ min: -2, max: 3 }) }),
        optional({ since: position, reverse: fc.boolean() }),
      )
      .map((parts) => Object.assign({}, ...parts) as object),
  }),
  fc.record({ presence: fc.record({ channel }) }),
  fc.record({ presence_stats: fc.record({ channel }) }),
  fc.record({ rpc: fc.record({ method: fc.constantFrom('echo', 'none'), data }) }),
  fc.record({ refresh: fc.record({ token }) }),
  fc.record({ sub_refresh: fc.record({ channel, token }) }),
);
const wrong = fc.oneof(
  fc.dictionary(fc.constantFrom('subscribe', 'publish', 'history', 'unheard'), fc.jsonValue(), {
    maxKeys: 2,
  }),
  fc.constant({ connect: {} }),
  fc.constant({ send: { data: 1 } }),
);
const command = fc.oneof({ weight: 30, arbitrary: valid }, wrong);
const connect = fc.record({
  connect: optional({
    token,
    data,
    subs: fc.constant({ s: { offset: 1, epoch: 'e', recover: true } }),
  }),
});

/** What the client sends, and how one of its frames is corrupted. */
type Step =
  | { readonly type: 'frame'; readonly commands: readonly object[] }
  | { readonly type: 'cut'; readonly commands: readonly object[]; readonly at: number }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'pong' | 'binary' | 'publish' | 'wait' };

const commands = fc.array(command, { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('frame' as const), commands }) },
  fc.record({ type: fc.constant('cut' as const), commands, at: fc.nat(200) }),
  fc.record({
    type: fc.constant('text' as const),
    text: fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constantFrom('', '{}', '\n')),
  }),
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('pong', 'publish', 'wait') }) },
  fc.constant({ type: 'binary' as const }),
);
const steps = fc.tuple(fc.option(connect, { freq: 9 }), fc.array(step, { maxLength: 6 }));

/** How a client of Centrifuge's protocol encodes its frames. */
interface Form {
  readonly name: string;
  readonly protocol: Protocol;
  encode(commands: readonly object[]): Frame;
  /** The replies that a client has received. */
  repliesTo(client: HubClient): readonly ReplyLine[];
  /** A frame that is valid in the other encoding only. */
  readonly foreign: Frame;
}

const JSON_FORM: Form = {
  name: 'JSON',
  protocol: centrifugeProtocol,
  encode: (all) => all.map((each) => JSON.stringify(each)).join('\n'),
  repliesTo: ({ lines }) => lines,
  foreign: Buffer.from([0x80]),
};

const PROTOBUF_FORM: Form = {
  name: 'Protobuf',
  protocol: centrifugeProtobufProtocol,
  encode: (all) => {
    try {
      return encodeCommands(...all.map(withDataBytes));
    } catch {
      // The other library refuses to encode members of wrong types.
      return Buffer.from(JSON.stringify(all));
    }
  },
  repliesTo: ({ socket }) => socket.binaryFrames.flatMap(decodeReplies),
  foreign: '{}',
};

function withDataBytes(given: object): ProtoMembers {
  const text = JSON.stringify(given);
  return JSON.parse(text, (member, value: unknown) =>
    member === 'data' ? Buffer.from(JSON.stringify(value)) : value,
  ) as ProtoMembers;
}

/** Commands get consecutive ids, so that each has its own reply. */
class Talk {
  readonly expected = new Map<number, number>();
  readonly #rig: HubRig;
  readonly #client: HubClient;
  readonly #form: Form;
  #lastId = 0;

  constructor(rig: HubRig, client: HubClient, form: Form) {
    this.#rig = rig;
    this.#client = client;
    this.#form = form;
  }

  async take(next: Step): Promise<void> {
    switch (next.type) {
      case 'frame':
        return this.say(this.#frame(next.commands));
      case 'cut':
        return this.say(this.#frame(next.commands).slice(0, next.at));
      case 'text':
        return this.say(next.text);
      case 'pong':
        return this.say(this.#form.encode([{}]));
      case 'binary':
        return this.#client.session.handleFrame(this.#form.foreign);
      case 'publish':
        return void (await this.#rig.publish('a', 2));
      case 'wait':
        return settled();
    }
  }

  say(frame: Frame): void {
    if (this.#client.session.isClosed) return;
    const ids = idsIn(this.#form.protocol, frame);
    for (const id of ids) this.expected.set(id, (this.expected.get(id) ?? 0) + 1);
    this.#client.session.handleFrame(frame);
  }

  #frame(all: readonly object[]): Frame {
    return this.#form.encode(all.map((each) => ({ id: ++this.#lastId, ...each })));
  }

  begin(first: object): void {
    this.say(this.#frame([first]));
  }
}

function idsIn({ codec }: Protocol, frame: Frame): number[] {
  try {
    return codec.decode(frame).flatMap((each) => ('id' in each ? [each.id] : []));
  } catch {
    return [];
  }
}

/**
 * The most memory that closed sessions may leave. Up to a third of this was measured, for code that
 * gets compiled.
 */
const MAX_LEFT_BYTES = 2_097_152;

/** The first runs fill caches. After that, memory that sessions leave behind would add up. */
async function expectNothingLeft<T>(
  holds: fc.IAsyncProperty<T>,
  [first, others]: readonly [number, number],
  edgeBytes: () => Promise<number>,
): Promise<void> {
  await fc.assert(holds, { numRuns: first });
  const before = await edgeBytes();
  await fc.assert(holds, { numRuns: others });
  const left = (await edgeBytes()) - before;
  expect(left).toBeLessThan(MAX_LEFT_BYTES);
}

const CODES: readonly unknown[] = Object.values(ERRORS).map(({ code }) => code);

test.each([
  [JSON_FORM.name, JSON_FORM],
  [PROTOBUF_FORM.name, PROTOBUF_FORM],
])('every command in %s is answered once, or the connection is closed', async (_, form) => {
  const { rig, edgeBytes } = newEdge();
  const seen = { open: 0, closed: 0, answers: 0, errors: 0 };
  const holds = fc.asyncProperty(steps, async ([first, path]) => {
    const client = rig.open(form.protocol);
    const talk = new Talk(rig, client, form);
    if (first !== null) talk.begin(first);
    for (const each of path) await talk.take(each);
    await settled();
    // Unknown positions are looked up, and subscriptions that cannot begin are given up.
    for (const ms of [600, 600, 3000]) await rig.elapse(ms);
    const answers = new Map<number, number>();
    for (const { id, error } of form.repliesTo(client)) {
      if (error !== undefined) expect(CODES).toContain(error.code);
      if (error !== undefined) seen.errors++;
      if (id !== undefined) answers.set(id, (answers.get(id) ?? 0) + 1);
    }
    seen.answers += answers.size;
    seen[client.session.isClosed ? 'closed' : 'open']++;
    for (const [id, count] of answers)
      expect([id, count <= (talk.expected.get(id) ?? 0)]).toEqual([id, true]);
    if (!client.session.isClosed) expect(answers).toEqual(talk.expected);
    expect(client.socket.closes.length).toBe(client.session.isClosed ? 1 : 0);
    client.session.handleClose(1006);
    expect([rig.core.registry.clientCount, rig.hub.subscriptionCount]).toEqual([0, 0]);
  });
  await expectNothingLeft(holds, [3000, 8000], edgeBytes);
  await rig.broker.close();
  expect(seen.open).toBeGreaterThan(500);
  expect(seen.closed).toBeGreaterThan(500);
  expect(seen.answers).toBeGreaterThan(5000);
});

const seedText = fc.oneof(
  fc
    .tuple(fc.constantFrom('sub#', 'unsub#'), fc.array(channel))
    .map(([verb, all]) => verb + all.join('|')),
  fc.string({ unit: 'binary' }),
);

test('a seed client receives only errors for any input, and is closed after too many', async () => {
  const { rig, edgeBytes } = newEdge();
  const holds = fc.asyncProperty(fc.array(seedText, { maxLength: 60 }), async (texts) => {
    const client = rig.open(seedProtocol);
    for (const text of texts) if (!client.session.isClosed) client.session.handleFrame(text);
    await settled();
    for (const frame of client.socket.frames) expect(frame).toMatch(/^error#\d+#[\x20-\x7e]+$/);
    expect(client.socket.closes.length).toBe(client.session.isClosed ? 1 : 0);
    client.session.handleClose(1006);
    expect(rig.hub.subscriptionCount).toBe(0);
  });
  await expectNothingLeft(holds, [1000, 4000], edgeBytes);
  await rig.broker.close();
});

test('any request for plain SSE begins or is closed', async () => {
  const { rig, edgeBytes } = newEdge();
  const id = fc.oneof(fc.constant(''), fc.string(), fc.constant('a,1,e'));
  const names = fc.oneof(
    fc.array(channel).map((all) => all.join('|')),
    fc.string(),
  );
  const request = fc.record({ channels: names, token, lastEventId: id });
  const holds = fc.asyncProperty(request, async (asked) => {
    const client = rig.open(plainSseProtocol, 'plain_sse');
    client.session.handleFrame(plainSseRequest(asked));
    await settled();
    const hasBegun = client.socket.frames.length > 0;
    expect(hasBegun || client.session.isClosed).toBe(true);
    client.session.handleClose(1006);
    expect(rig.hub.subscriptionCount).toBe(0);
  });
  await expectNothingLeft(holds, [1000, 4000], edgeBytes);
  await rig.broker.close();
});
