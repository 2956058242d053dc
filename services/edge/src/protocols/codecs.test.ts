import { toPlainText, type Codec, type Frame } from '@newswire/protocol';
import { PusherApp } from '@newswire/runtime';
import { applyDelta } from 'fossil-delta';
import { describe } from 'vitest';
import { describeCodec } from '../../test/rig/codec-contract.js';
import {
  encodeToyMessage,
  readToyMessages,
  readToyPublication,
  toyCodec,
} from '../../test/rig/toy-protocol.js';
import { decodePushes, encodeCommands } from '../../test/rig/protobuf.js';
import {
  centrifugeProtobufCodec,
  centrifugeProtobufProtocol,
} from './centrifuge-protobuf/protocol.js';
import { centrifugeCodec, centrifugeProtocol } from './centrifuge/protocol.js';
import { centrifugeUniCodec } from './centrifuge-uni/protocol.js';
import { plainSseCodec, plainSseRequest, readBlocks } from './plain-sse/codec.js';
import { pusherCodec } from './pusher/endpoints.js';
import { seedCodec } from './seed/codec.js';

interface Push {
  readonly push: {
    readonly pub: { readonly data: unknown; readonly offset: number; readonly delta?: true };
  };
}

const readPushes = (frame: Frame) =>
  String(frame)
    .split('\n')
    .map((line) => (JSON.parse(line) as Push).push.pub);

const CENTRIFUGE_COMMANDS = [
  ['{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"a"}}', ['connect', 'subscribe']],
  ['{}', ['pong']],
  ['{"id":3,"publish":{"channel":"a","data":[1]}}\n', ['publish']],
] as const;

/** A client that applies deltas: it keeps the data of the publication before. */
function newDeltaReader(): (frame: Frame) => string[] {
  let previous = '';
  return (frame) =>
    readPushes(frame).map(({ data, delta }) => {
      const isDelta = delta === true;
      previous = isDelta ? apply(previous, String(data)) : String(data);
      return previous;
    });
}

function apply(source: string, delta: string): string {
  return Buffer.from(applyDelta<Uint8Array>(Buffer.from(source), Buffer.from(delta))).toString();
}

describeCodec('seed', {
  codec: seedCodec,
  newReader: () => (frame) => [frame],
  expected: ({ data }) => toPlainText(data),
  commands: [
    ['sub#a|b', ['subscribe']],
    [' unsub#a\r\n', ['unsubscribe']],
  ],
});

describeCodec('centrifuge', {
  codec: centrifugeCodec,
  newReader: () => (frame) => readPushes(frame).map(({ offset, data }) => ({ offset, data })),
  expected: ({ offset, data }) => ({ offset, data: JSON.parse(data) as unknown }),
  commands: CENTRIFUGE_COMMANDS,
});

describeCodec('centrifuge-uni', {
  codec: centrifugeUniCodec,
  newReader: () => (frame) => {
    const { channel, pub } = JSON.parse(String(frame)) as { channel: string; pub: object };
    return [{ channel, pub }];
  },
  expected: ({ offset, data }) => ({
    channel: 'sports:1',
    pub: { offset, data: JSON.parse(data) as unknown },
  }),
  commands: [
    ['{}', ['connect']],
    [' ', ['connect']],
    ['{\n"token":"t",\n"data":{"a":[1]}}', ['connect']],
    [
      '{"subs":{"a":{},"b":{"recover":true,"offset":3,"epoch":"e"}}}',
      ['connect', 'subscribe', 'subscribe'],
    ],
  ],
});

const [wholeCodec, deltaCodec] = [centrifugeProtocol.deltas, centrifugeProtocol.deltas?.next];

describeCodec('centrifuge-whole', {
  codec: wholeCodec as Codec,
  newReader: newDeltaReader,
  expected: ({ data }) => data,
  commands: CENTRIFUGE_COMMANDS,
});

describeCodec('centrifuge-delta', {
  codec: deltaCodec as Codec,
  newReader: newDeltaReader,
  expected: ({ data }) => data,
  commands: CENTRIFUGE_COMMANDS,
});

const PROTOBUF_COMMANDS = [
  [
    encodeCommands({ id: 1, connect: { token: 't' } }, { id: 2, subscribe: { channel: 'a' } }),
    ['connect', 'subscribe'],
  ],
  [encodeCommands({}), ['pong']],
  [encodeCommands({ id: 3, publish: { channel: 'a', data: Buffer.from([0xff, 0]) } }), ['publish']],
] as const;

/** A client that applies deltas to the bytes of the publication before. */
function newProtobufReader(): (frame: Frame) => { offset: number; data: string }[] {
  let previous: Buffer = Buffer.alloc(0);
  return (frame) =>
    decodePushes(frame).map(({ offset, data, delta }) => {
      previous = delta ? Buffer.from(applyDelta<Uint8Array>(previous, data)) : data;
      return { offset, data: previous.toString() };
    });
}

describe.each([
  centrifugeProtobufCodec,
  centrifugeProtobufProtocol.deltas,
  centrifugeProtobufProtocol.deltas?.next,
])('$name', (codec) => {
  describeCodec(codec?.name ?? '', {
    codec: codec as Codec,
    newReader: newProtobufReader,
    expected: ({ offset, data }) => ({ offset, data }),
    commands: PROTOBUF_COMMANDS,
  });
});

describeCodec('plain_sse', {
  codec: plainSseCodec,
  newReader: () => (frame) =>
    readBlocks(String(frame)).map((block) => {
      if (block.type !== 'position') throw new Error(`a block of type ${block.type}`);
      const [, ...lines] = block.fields.split('\n');
      const text = lines.map((line) => line.slice('data: '.length)).join('\n');
      return { offset: block.offset, text };
    }),
  expected: ({ offset, data }) => ({
    offset,
    text: toPlainText(data).replaceAll(/\r\n|\r/g, '\n'),
  }),
  commands: [
    [
      plainSseRequest({ channels: 'a|b', token: '', lastEventId: 'a,1,e' }),
      ['connect', 'subscribe'],
    ],
  ],
});

const app = new PusherApp(
  {
    id: '1',
    key: 'key',
    isEnabled: true,
    channelPrefix: 'sports:',
    clientEvents: true,
    subscriptionCount: true,
    activityTimeoutS: 120,
  },
  'a-secret-of-the-app',
);

describeCodec('pusher', {
  codec: pusherCodec(app),
  newReader: () => (frame) => {
    const { event, channel, data } = JSON.parse(String(frame)) as Record<string, string>;
    return [{ event, channel, data: parseAsPusherDoes(data ?? '') }];
  },
  expected: ({ data }) => {
    const value = JSON.parse(data) as unknown;
    return {
      event: 'message',
      channel: '1',
      data: typeof value === 'string' ? value.toWellFormed() : value,
    };
  },
  commands: [
    [
      '{"event":"pusher:subscribe","data":{"channel":"a","auth":"","channel_data":null}}',
      ['subscribe'],
    ],
    ['{"event":"pusher:subscribe","data":"{\\"channel\\":\\"presence-a\\"}"}', ['subscribe']],
    ['{"event":"pusher:unsubscribe","data":{"channel":"a"}}', ['unsubscribe']],
    ['{"event":"pusher:ping","data":{}}', ['ping']],
    ['{"event":"pusher:pong"}', ['pong']],
    ['{"event":"pusher:signin","data":{"auth":"a","user_data":"{}"}}', ['signIn']],
    ['{"event":"client-a","channel":"private-a","data":{"a":1.50}}', ['publish']],
  ],
});

/** As pusher-js does: text that is no JSON is the data itself. */
function parseAsPusherDoes(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

describeCodec('toy, which is binary', {
  codec: toyCodec,
  newReader: () => (frame) => readToyMessages(frame).map(readToyPublication),
  expected: ({ offset, data }) => ({ offset, data }),
  commands: [
    [
      Buffer.concat([encodeToyMessage('subscribe', 'a'), encodeToyMessage('unsubscribe', 'a')]),
      ['subscribe', 'unsubscribe'],
    ],
  ],
});
