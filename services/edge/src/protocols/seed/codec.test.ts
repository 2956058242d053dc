import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FROM_NOW,
  ProtocolError,
  toJsonLine,
  type Reply,
  type SubscriptionStart,
} from '@newswire/protocol';
import { seedCodec } from './codec.js';

const encodeSeed = (value: unknown) =>
  seedCodec.encodePublication('a', { offset: 1, data: toJsonLine(value) });

const BAD_COMMAND =
  'error#107#bad request: a command must be sub#CHANNEL|CHANNEL or unsub#CHANNEL|CHANNEL';

function answerTo(error: unknown): string | undefined {
  if (!(error instanceof ProtocolError)) throw error;
  return seedCodec.encodeReply({ type: 'error', id: 0, error });
}

function refusal(text: string): string | undefined {
  try {
    seedCodec.decode(text);
  } catch (error) {
    return answerTo(error);
  }
  throw new Error(`${text} was accepted`);
}

const fromNow = (...channels: string[]) =>
  channels.map((channel) => ({ channel, since: FROM_NOW }));

describe('commands', () => {
  test('sub# and unsub# name channels, once each, with white space around passed over', () => {
    expect(seedCodec.decode('sub#77707|77708')).toEqual([
      { type: 'subscribe', id: 0, requests: fromNow('77707', '77708') },
    ]);
    expect(seedCodec.decode(' sub#a|a|b\r\n')).toEqual([
      { type: 'subscribe', id: 0, requests: fromNow('a', 'b') },
    ]);
    expect(seedCodec.decode('unsub#sports:1|a')).toEqual([
      { type: 'unsubscribe', id: 0, channels: ['sports:1', 'a'] },
    ]);
  });

  test.each([
    ['', BAD_COMMAND],
    ['hello', BAD_COMMAND],
    ['SUB#a', BAD_COMMAND],
    ['#a', BAD_COMMAND],
    ['sub#', 'error#107#bad request: a channel name is empty'],
    ['sub#a||b', 'error#107#bad request: a channel name is empty'],
    [
      `sub#${'x'.repeat(256)}`,
      'error#107#bad request: a channel name has 256 characters, 255 are allowed',
    ],
    [
      'sub#a b',
      'error#107#bad request: channel name "a b" has a character other than letters, digits and _-.:@/+=~$&,;#',
    ],
    [
      `sub#${'é'.repeat(100)}`,
      `error#107#bad request: channel name "${'\\u00e9'.repeat(32)}..." has a character other than letters, digits and _-.:@/+=~$&,;#`,
    ],
    ['x'.repeat(8193), 'error#106#limit exceeded: a command has 8193 characters, 8192 are allowed'],
  ])('refuses %.30j', (text, answer) => {
    expect(refusal(text)).toBe(answer);
  });

  test('any text is either one command or a ProtocolError in printable ASCII', () => {
    const nearCommands = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.constantFrom('sub#', 'unsub#', 'sub', '#'), fc.string()).map(([a, b]) => a + b),
    );
    fc.assert(
      fc.property(nearCommands, (text) => {
        try {
          const [command, ...others] = seedCodec.decode(text);
          expect(others).toEqual([]);
          expect(['subscribe', 'unsubscribe']).toContain(command?.type);
        } catch (error) {
          expect(answerTo(error)).toMatch(/^error#\d+#[\x20-\x7e]+$/);
        }
      }),
      { numRuns: 12_000 },
    );
  });
});

describe('publications', () => {
  test('a string travels as its characters, any other value as JSON text', () => {
    expect(encodeSeed('Goal!')).toBe('Goal!');
    expect(encodeSeed('two\nlines "quoted" \\ 😀')).toBe('two\nlines "quoted" \\ 😀');
    expect(encodeSeed({ a: [1, null] })).toBe('{"a":[1,null]}');
    expect(encodeSeed(null)).toBe('null');
  });

  test('every string arrives as it was, but for lone surrogates, which UTF-8 cannot carry', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(encodeSeed(text)).toBe(text.toWellFormed());
      }),
    );
    expect(encodeSeed('\ud800')).toBe('\ufffd');
  });

  test('a frame for each', () => {
    expect(seedCodec.joinFrames(['a', 'b'], 100)).toEqual(['a', 'b']);
  });
});

test('only refusals and ended subscriptions are answered', () => {
  const start: SubscriptionStart = {
    channel: 'a',
    position: { offset: 1, epoch: 'e' },
    positioning: 'recoverable',
    wasRecovering: true,
    recovered: true,
    publications: [],
  };
  const replies: Reply[] = [
    { type: 'connected', id: 1, client: 'c', version: '1', pingIntervalMs: 1 },
    { type: 'subscribed', id: 1, ...start },
    { type: 'serverSubscribed', ...start },
    { type: 'published', id: 1 },
    { type: 'unsubscribed', id: 1 },
    { type: 'resubscribe', channel: 'a' },
  ];
  expect(replies.map((reply) => seedCodec.encodeReply(reply))).toEqual(
    replies.map(() => undefined),
  );
  const error = new ProtocolError('internal');
  expect(seedCodec.encodeReply({ type: 'error', id: 0, error })).toBe('error#100#internal error');
  const ended = seedCodec.encodeReply({ type: 'ended', channel: 'a', kind: 'server' });
  expect(ended).toBe('error#2000#server unsubscribe: a');
});
