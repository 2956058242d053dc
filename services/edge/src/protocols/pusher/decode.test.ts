import { ProtocolError } from '@newswire/protocol';
import { PusherApp } from '@newswire/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEvent } from './decode.js';

const app = new PusherApp(
  {
    id: '1',
    key: 'key',
    isEnabled: true,
    channelPrefix: 'p:',
    clientEvents: true,
    subscriptionCount: false,
    activityTimeoutS: 120,
  },
  'a-secret-of-the-app',
);

test.each<[string, object, object]>([
  [
    'a subscription with a signature',
    {
      event: 'pusher:subscribe',
      data: { channel: 'presence-a', auth: 'key:1', channel_data: '{"user_id":1}' },
    },
    {
      type: 'subscribe',
      requests: [
        {
          channel: 'p:presence-a',
          token: 'key:1',
          data: '{"user_id":1}',
          joinLeave: true,
          since: { type: 'now' },
        },
      ],
    },
  ],
  [
    'one to a cache channel',
    { event: 'pusher:subscribe', data: { channel: 'private-cache-a' } },
    { requests: [{ channel: 'p:private-cache-a', since: { type: 'last', count: 1 } }] },
  ],
  [
    'one to the channel of a user',
    { event: 'pusher:subscribe', data: { channel: '#server-to-user-ü' } },
    { requests: [{ channel: 'p:$server-to-user/~w7w' }] },
  ],
  [
    'a client event, with its data as written',
    { event: 'client-a', channel: 'private-a', data: { n: 1 } },
    { type: 'publish', channel: 'p:private-a', data: '{"event":"client-a","data":{"n":1}}' },
  ],
])('decodes %s', (_, frame, command) => {
  expect(decodeEvent(JSON.stringify(frame), app)).toMatchObject(command);
});

test('the digits of a number and the order of keys in a client event stay', () => {
  const frame =
    '{"data":{"b":12345678901234567890,"a":1.50},"event":"client-a","channel":"private-a"}';
  expect(decodeEvent(frame, app)).toMatchObject({
    data: '{"event":"client-a","data":{"b":12345678901234567890,"a":1.50}}',
  });
});

test('an event that is too long, or has another name, is refused', () => {
  const decode = (event: string) => () =>
    decodeEvent(JSON.stringify({ event, channel: 'private-a', data: 1 }), app);
  expect(decode(`client-${'x'.repeat(193)}`)).not.toThrow();
  expect(decode(`client-${'x'.repeat(194)}`)).toThrow(/^limit exceeded/);
  expect(decode('clienta')).toThrow('bad request: unknown event');
});

test('any message is one command for a channel of the app, or a ProtocolError', () => {
  const events = fc.constantFrom(
    ...['subscribe', 'unsubscribe', 'signin', 'ping', 'pong'].map((name) => `pusher:${name}`),
    'client-a',
    'other',
  );
  const channels = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a', 'presence-a', '#server-to-user-1', 'cache-a', '$server-to-user/1', 'p:a'),
    fc.jsonValue(),
  );
  const data = fc.oneof(
    fc.record(
      {
        channel: channels,
        auth: fc.jsonValue(),
        channel_data: fc.jsonValue(),
        user_data: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
    fc.jsonValue(),
  );
  const frames = fc
    .record(
      { event: fc.oneof(events, fc.jsonValue()), channel: channels, data },
      { requiredKeys: [] },
    )
    .chain((frame) =>
      fc.constantFrom(
        JSON.stringify(frame),
        JSON.stringify({ ...frame, data: JSON.stringify(frame.data) }),
      ),
    );
  const seen = { decoded: 0, refused: 0 };
  fc.assert(
    fc.property(frames, (frame) => {
      try {
        const command = decodeEvent(frame, app);
        seen.decoded++;
        const text = JSON.stringify(command);
        for (const [, channel] of text.matchAll(/"channel":"([^"]*)"/g)) {
          expect(channel).toMatch(/^p:[A-Za-z0-9_\-=@,.;$/~]+$/);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        seen.refused++;
      }
    }),
    { numRuns: 3000 },
  );
  expect(Math.min(seen.decoded, seen.refused)).toBeGreaterThan(100);
});
