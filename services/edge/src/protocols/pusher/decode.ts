import {
  FROM_NOW,
  isRecord,
  ProtocolError,
  rawMember,
  type Command,
  type Frame,
  type SubscribeRequest,
} from '@newswire/protocol';
import {
  getPusherKind,
  isCacheChannel,
  MAX_EVENT_NAME_LENGTH,
  toEventLine,
  type PusherApp,
} from '@newswire/runtime';

const CLIENT_EVENT = 'client-';

/** Of a cache channel, a subscriber first receives the last event. */
const LAST_EVENT = { type: 'last', count: 1 } as const;

/** Decodes a frame of a client: one event, which is one command. Throws ProtocolError. */
export function decodeEvent(frame: Frame, app: PusherApp): Command {
  if (typeof frame !== 'string')
    throw new ProtocolError('badRequest', 'binary frames are not used');
  const message = parseObject(frame, 'a message');
  const { event } = message;
  if (typeof event !== 'string') throw new ProtocolError('badRequest', 'event must be a text');
  switch (event) {
    case 'pusher:ping':
      return { type: 'ping' };
    case 'pusher:pong':
      return { type: 'pong' };
    case 'pusher:subscribe':
      return { type: 'subscribe', id: 0, requests: [decodeSubscribe(message, app)] };
    case 'pusher:unsubscribe':
      return { type: 'unsubscribe', id: 0, channels: [readChannel(readData(message), app)] };
    case 'pusher:signin':
      return decodeSignIn(message);
    default:
      if (event.startsWith(CLIENT_EVENT)) return decodeClientEvent(event, message, frame, app);
      throw new ProtocolError('badRequest', 'unknown event');
  }
}

type EventFrame = Readonly<Record<string, unknown>>;

function decodeSubscribe(message: EventFrame, app: PusherApp): SubscribeRequest {
  const data = readData(message);
  const channel = readChannel(data, app);
  const name = app.toName(channel);
  const channelData = readText(data, 'channel_data');
  const receivesMembers = app.options.subscriptionCount || getPusherKind(name) === 'presence';
  return {
    channel,
    since: isCacheChannel(name) ? LAST_EVENT : FROM_NOW,
    token: readText(data, 'auth'),
    ...(channelData === '' ? {} : { data: channelData }),
    ...(receivesMembers ? { joinLeave: true } : {}),
  };
}

function decodeSignIn(message: EventFrame): Command {
  const data = readData(message);
  return { type: 'signIn', id: 0, auth: readText(data, 'auth'), data: readText(data, 'user_data') };
}

function decodeClientEvent(
  event: string,
  message: EventFrame,
  frame: string,
  app: PusherApp,
): Command {
  if (event.length > MAX_EVENT_NAME_LENGTH) {
    const detail = `an event's name may have ${MAX_EVENT_NAME_LENGTH} characters`;
    throw new ProtocolError('limitExceeded', detail);
  }
  const channel = readChannel(message, app);
  // As written, so that no digit of a number is lost.
  const data = rawMember(frame, 'data') ?? 'null';
  return { type: 'publish', id: 0, channel, data: toEventLine(event, data) };
}

/** The data of a command: an object, or its JSON text. */
function readData({ data }: EventFrame): EventFrame {
  if (typeof data === 'string') return parseObject(data, 'data');
  if (!isRecord(data)) throw new ProtocolError('badRequest', 'data must be an object');
  return data;
}

function readChannel({ channel }: EventFrame, app: PusherApp): string {
  if (typeof channel !== 'string') throw new ProtocolError('badRequest', 'channel must be a text');
  return app.toChannel(channel);
}

/** A missing text is empty. */
function readText(data: EventFrame, name: string): string {
  const text = data[name] ?? '';
  if (typeof text === 'string') return text;
  throw new ProtocolError('badRequest', `${name} must be a text`);
}

function parseObject(text: string, what: string): EventFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError('badRequest', `${what} must be JSON`);
  }
  if (!isRecord(value)) throw new ProtocolError('badRequest', `${what} must be an object`);
  return value;
}
