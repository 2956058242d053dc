import {
  isRecord,
  ProtocolError,
  reconnectsAfterGap,
  repliesToEach,
  type Codec,
  type Command,
  type ConnectStrategy,
  type Frame,
  type Protocol,
  type Publication,
  type Reply,
} from '@newswire/protocol';
import { decodeFrame } from '../centrifuge/decode.js';
import { encodePublication, encodeReply } from '../centrifuge/encode.js';

/**
 * Centrifuge's unidirectional JSON: a client sends one connect request, without an id, and then
 * receives pushes. Each push is a message of its own, so that JSON.parse reads it.
 */
export const centrifugeUniCodec: Codec<string> = {
  name: 'centrifuge-uni',
  decode,
  encodePublication: (channel, publication: Publication) =>
    toPush(encodePublication(channel, publication)),
  encodeReply: encodeUniReply,
  joinFrames: (frames) => frames,
};

/** A client that is refused cannot send another request on the same connection. */
const connectsOnce: ConnectStrategy = {
  implied: undefined,
  closeRefused: ({ kind, temporary }) => {
    if (temporary) return 'serverError';
    return kind === 'tokenExpired' ? 'expired' : 'permissionDenied';
  },
};

export const centrifugeUniProtocol: Protocol = {
  name: 'centrifuge_uni',
  codec: centrifugeUniCodec,
  connecting: connectsOnce,
  gaps: reconnectsAfterGap,
  // The server may already have made a subscription that the request names.
  refusals: { ...repliesToEach, refuseRepeated: () => undefined },
  isOneWay: true,
};

/** The connect request, and a subscribe command for each channel that it names. */
function decode(frame: Frame): readonly Command[] {
  if (typeof frame !== 'string') throw new ProtocolError('notAvailable', 'Protobuf');
  const text = frame.trim() === '' ? '{}' : frame;
  const request = parseRequest(text);
  const connect = decodeOne(`{"id":1,"connect":${text.replace(/[\r\n]/g, ' ')}}`);
  if (connect.type !== 'connect') throw notARequest();
  return [{ ...connect, id: 0 }, ...toSubscribes(request['subs'])];
}

function toSubscribes(subs: unknown): Command[] {
  if (!isRecord(subs)) return [];
  return Object.entries(subs).flatMap(([channel, sub]): Command[] => {
    if (!isRecord(sub)) return [];
    const line = JSON.stringify({ id: 1, subscribe: { ...sub, channel } });
    const command = decodeOne(line);
    if (command.type !== 'subscribe') throw notARequest();
    // Without an id, all publications follow as pushes. This codec has no deltas.
    const requests = command.requests.map((each) => ({ ...each, delta: false }));
    return [{ ...command, id: 0, requests }];
  });
}

function parseRequest(text: string): Readonly<Record<string, unknown>> {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw notARequest();
  }
  if (!isRecord(request)) throw notARequest();
  return request;
}

function decodeOne(line: string): Command {
  const [command] = decodeFrame(line);
  if (command === undefined) throw notARequest();
  if (command.type === 'refused') throw command.error;
  return command;
}

function notARequest(): ProtocolError {
  return new ProtocolError('badRequest', 'the first message must be a connect request in JSON');
}

function encodeUniReply(reply: Reply): string | undefined {
  switch (reply.type) {
    case 'connected': {
      const text = encodeReply({ ...reply, id: 0, emulation: undefined }) ?? '';
      // These clients send nothing, not even the answer to a ping.
      return text.replace('{"id":0,', '{').replace(',"pong":true', '');
    }
    case 'subscribed':
      return toPush(encodeReply({ ...reply, type: 'serverSubscribed' }));
    case 'error': {
      const { id, channel, error } = reply;
      const { code, message } = error.toBody();
      if (channel !== undefined) {
        return JSON.stringify({ channel, unsubscribe: { code, reason: message } });
      }
      // A request that is refused as a whole closes the connection.
      return id === 0 ? undefined : JSON.stringify({ error: { code, message } });
    }
    case 'ping':
      return '{}';
    case 'serverSubscribed':
    case 'resubscribe':
    case 'ended':
    case 'join':
    case 'leave':
    case 'message':
    case 'disconnect':
      return toPush(encodeReply(reply));
    default:
      return undefined;
  }
}

const PUSH_START = '{"push":';

/** A bidirectional push without its envelope. */
function toPush(frame: string): string;
function toPush(frame: string | undefined): string | undefined;
function toPush(frame: string | undefined): string | undefined {
  return frame?.slice(PUSH_START.length, -1);
}
