import { ProtocolError } from '@newswire/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ControlRequest, parseAnswer } from '@newswire/broker';
import { RedisControl } from './control-redis.js';
import type { RedisLink } from './redis-link.js';
import { RedisNames } from './redis-names.js';

type Listen = (message: string) => void;

const TOPIC = 'nw0:control:one';

/** Pub/sub without a server. `said` holds the messages on topics without a subscriber. */
class FakeLink {
  readonly names = new RedisNames('redis://localhost');
  readonly faults: unknown[] = [];
  readonly said: string[] = [];
  readonly #listeners = new Map<string, Listen>();
  readonly subscriber = {
    subscribe: async (topics: string | string[], listen: Listen) => {
      for (const topic of [topics].flat()) this.#listeners.set(topic, listen);
    },
  };
  readonly commands = {
    publish: async (topic: string, message: string) => this.deliver(topic, message),
    multi: () => {
      const sent: [topic: string, message: string][] = [];
      const multi = {
        pubSubNumSub: () => multi,
        publish: (...message: [string, string]) => (sent.push(message), multi),
        execTyped: async () => {
          for (const message of sent) this.deliver(...message);
          return [Object.fromEntries(sent.map(([topic]) => [topic, 1]))];
        },
      };
      return multi;
    },
  };

  readonly handleRefusals = (): void => undefined;
  readonly onListenerFault = (error: unknown) => void this.faults.push(error);
  guarded(listen: Listen): Listen {
    return (message) => {
      try {
        listen(message);
      } catch (error) {
        this.onListenerFault(error);
      }
    };
  }

  deliver(topic: string, message: string): void {
    const listen = this.#listeners.get(topic);
    if (listen === undefined) this.said.push(`${topic} ${message}`);
    else listen(message);
  }
}

const method = fc.constantFrom(
  ...'channels info disconnect unsubscribe subscribe refresh emulate other'.split(' '),
);
/** Values that are valid in some request, values that are valid in none, and confusable values. */
const value = fc.oneof(
  fc.constantFrom<unknown>('a', 'ann', 'server', '__proto__', '{"a":1}', '{\n}', true, 3000, 1e300),
  fc.record({ offset: fc.constantFrom<unknown>(1, -1, 'x'), epoch: fc.constantFrom('', 'e') }),
  fc.jsonValue({ maxDepth: 1 }),
);
const names = 'user client code reason channel kind info data since expiresAtMs expired session';
const fields = fc.dictionary(fc.constantFrom(...names.split(' ')), value, { maxKeys: 8 });
const request = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(method, fields).map(([name, rest]) => ({ method: name, ...rest })),
  },
  fc.jsonValue(),
);
const requestText = fc.oneof(
  { weight: 6, arbitrary: request.map((each) => JSON.stringify(each)) },
  fc.string({ unit: 'binary' }),
);
const message = fc.oneof(
  { weight: 6, arbitrary: requestText.map((text) => `7 reply ${text}`) },
  fc.string({ unit: 'binary' }),
  requestText,
);

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Whether the request has the types that a handler relies on. */
function expectSound(asked: ControlRequest): void {
  const typeOf: Record<string, string> = { code: 'number', expired: 'boolean', since: 'object' };
  for (const [name, field] of Object.entries(asked)) {
    const type = name === 'expiresAtMs' ? 'number' : (typeOf[name] ?? 'string');
    expect([name, typeof field]).toEqual([name, type]);
    if (name === 'info') expect(field).not.toMatch(/[\r\n]/);
    if (name === 'info') JSON.parse(field as string);
  }
}

test('an edge answers or reports any message, and handles only valid requests', async () => {
  const link = new FakeLink();
  const control = new RedisControl(link as unknown as RedisLink, { publishTimeoutMs: 1000 });
  const received: ControlRequest[] = [];
  await control.serve((asked) => (received.push(asked), { count: 1 }), 'one');
  const seen = { handled: 0, refused: 0 };
  const holds = fc.asyncProperty(message, async (text) => {
    link.deliver(TOPIC, text);
    await settled();
    // Without a return topic, only the log can report it.
    expect(link.faults.splice(0).length).toBe(text.includes(' ') ? 0 : 1);
    for (const asked of received) expectSound(asked);
    seen.handled += received.splice(0).length;
    for (const said of link.said.splice(0)) {
      expect(said).toMatch(/^[^ ]* [^ ]* (={"count":1}|!\d+ [^\n]*)$/);
      if (said.includes('!')) seen.refused++;
    }
    link.deliver(TOPIC, '8 reply {"method":"info"}');
    await settled();
    expect(link.said.splice(0)).toEqual(['reply 8 ={"count":1}']);
    expect(received.splice(0)).toEqual([{ method: 'info' }]);
  });
  await fc.assert(holds, { numRuns: 3000 });
  expect(link.faults).toEqual([]);
  expect(Math.min(seen.handled, seen.refused)).toBeGreaterThan(300);
});

const answer = fc.oneof(
  fc.string({ unit: 'binary' }),
  request.map((each) => `=${JSON.stringify(each)}`),
  fc
    .dictionary(fc.constantFrom('channels', 'info', 'count', 'more'), fc.oneof(value, fc.nat()))
    .map((each) => `=${JSON.stringify(each)}`),
  fc.tuple(fc.nat(200), fc.string()).map(([code, words]) => `!${code} ${words}`),
);

test('any answer of an edge is a reply or a ProtocolError', () => {
  const seen = { replies: 0, errors: 0 };
  const holds = fc.property(answer, (text) => {
    try {
      const { channels = {}, info, count = 0 } = parseAnswer(text);
      for (const each of [count, ...Object.values(channels)]) expect(typeof each).toBe('number');
      if (info !== undefined) expect(typeof info.uid).toBe('string');
      seen.replies++;
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      seen.errors++;
    }
  });
  fc.assert(holds, { numRuns: 3000 });
  expect(Math.min(seen.replies, seen.errors)).toBeGreaterThan(100);
});

test('any answer settles its request, and the next one', async () => {
  const link = new FakeLink();
  const control = new RedisControl(link as unknown as RedisLink, { publishTimeoutMs: 1000 });
  let text = '';
  const reply = (asked: string) => {
    const [id, topic = ''] = asked.split(' ');
    link.deliver(topic, text);
    link.deliver(topic, `${id} ${text}`);
  };
  await link.subscriber.subscribe(TOPIC, reply);
  const ask = () => control.requestFrom('one', { method: 'info' });
  const holds = fc.asyncProperty(answer, async (said) => {
    text = said;
    const result = await ask().catch((error: unknown) => error);
    if (result instanceof Error) expect(result).toBeInstanceOf(ProtocolError);
    text = '={"count":1}';
    expect(await ask()).toEqual({ count: 1 });
  });
  await fc.assert(holds, { numRuns: 2000 });
  expect(link.faults).toEqual([]);
});
