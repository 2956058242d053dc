import {
  rawMember,
  toJsonLine,
  type JsonLine,
  type ProtocolError,
  type Publication,
  type Reply,
  type SubscriptionStart,
} from '@newswire/protocol';
import { getPusherKind, readEvent, type PusherApp } from '@newswire/runtime';
import { parseChannelData, toMemberText, toPresenceText, toPusherUser } from './user.js';

/** The code of Pusher's errors for client events beyond the permitted rate. */
const CLIENT_EVENT_RATE = 4301;

const NO_DATA = '{}';

/**
 * One event. `data` is a text, also where it is JSON: clients parse it.
 */
export function encodePublication(
  app: PusherApp,
  channel: string,
  publication: Publication,
): string {
  const { name, data } = readEvent(publication.data);
  const pusherName = app.toName(channel);
  const user = getPusherKind(pusherName) === 'presence' ? findSendingUser(publication) : undefined;
  const sender = user === undefined ? '' : `,"user_id":${toJsonLine(user)}`;
  return encodeEvent(name, data, pusherName, sender);
}

/** The client that sent an event, or for which the backend did. */
export function findSender({ extra }: Publication): string | undefined {
  if (extra === undefined || !extra.includes('"info":')) return undefined;
  const info = rawMember(`{${extra}}`, 'info');
  const client = info === undefined ? undefined : rawMember(info, 'client');
  return client === undefined ? undefined : (JSON.parse(client) as string);
}

/** On presence channels, an event of a client names its user. */
function findSendingUser({ extra }: Publication): string | undefined {
  if (extra === undefined || !extra.includes('"chan_info":')) return undefined;
  const info = rawMember(`{${extra}}`, 'info');
  const data = info === undefined ? undefined : rawMember(info, 'chan_info');
  return data === undefined ? undefined : parseChannelData(data)?.id;
}

/** Undefined for replies that Pusher's protocol does not have; '' for those that it leaves out. */
export function encodeReply(app: PusherApp, reply: Reply): string | undefined {
  switch (reply.type) {
    case 'connected': {
      const { activityTimeoutS } = app.options;
      const data = { socket_id: reply.client, activity_timeout: activityTimeoutS };
      return encodeEvent('pusher:connection_established', toJsonLine(data));
    }
    case 'subscribed':
      return encodeInternal('subscription_succeeded', toStartText(app, reply), app, reply.channel);
    case 'join':
      return encodeInternal('member_added', toMemberText(reply.member), app, reply.channel);
    case 'leave': {
      const data = toJsonLine({ user_id: toPusherUser(reply.member).id });
      return encodeInternal('member_removed', data, app, reply.channel);
    }
    case 'subscriptionCount': {
      const data = toJsonLine({ subscription_count: reply.count });
      return encodeInternal('subscription_count', data, app, reply.channel);
    }
    case 'cacheMissed':
      return encodeEvent('pusher:cache_miss', '', app.toName(reply.channel));
    case 'signedIn':
      return encodeEvent('pusher:signin_success', toJsonLine({ user_data: reply.data }));
    case 'ping':
      return encodeEvent('pusher:ping', NO_DATA);
    case 'pong':
      return encodeEvent('pusher:pong', NO_DATA);
    case 'ended':
      return encodeRefusal('Unsubscribed', 'the server has ended the subscription', 410, {
        app,
        channel: reply.channel,
      });
    case 'error':
      return encodeError(app, reply.error, reply.channel);
    case 'disconnect':
      return encodeObject('pusher:error', { code: reply.code, message: reply.reason });
    case 'unsubscribed':
    case 'published':
      return '';
    default:
      return undefined;
  }
}

/** Subscribers of a presence channel receive its users, with their own among them. */
function toStartText(app: PusherApp, { channel, members }: SubscriptionStart): JsonLine {
  const isPresence = getPusherKind(app.toName(channel)) === 'presence';
  return isPresence ? toPresenceText(members?.values() ?? []) : NO_DATA;
}

function encodeError(app: PusherApp, error: ProtocolError, channel?: string): string {
  if (channel !== undefined && error.kind !== 'alreadySubscribed') {
    const type = error.kind === 'limitExceeded' ? 'LimitReached' : 'AuthError';
    return encodeRefusal(type, error.message, STATUSES[error.kind] ?? 403, { app, channel });
  }
  const code = error.kind === 'tooManyRequests' ? CLIENT_EVENT_RATE : null;
  return encodeObject('pusher:error', { code, message: error.message });
}

/** HTTP statuses of a refused subscription, as a backend that authorizes would answer. */
const STATUSES: Partial<Record<ProtocolError['kind'], number>> = {
  unauthorized: 401,
  internal: 503,
  badRequest: 400,
  limitExceeded: 413,
  tooManyRequests: 429,
};

function encodeRefusal(
  type: string,
  error: string,
  status: number,
  { app, channel }: { readonly app: PusherApp; readonly channel: string },
): string {
  const data = { type, error, status };
  return encodeObject('pusher:subscription_error', data, app.toName(channel));
}

function encodeInternal(event: string, data: JsonLine, app: PusherApp, channel: string): string {
  return encodeEvent(`pusher_internal:${event}`, data, app.toName(channel));
}

function encodeEvent(event: string, data: string, channel?: string, more = ''): string {
  return `{"event":${toJsonLine(event)}${toChannelMember(channel)},"data":${toJsonLine(data)}${more}}`;
}

/** An event whose data is an object, as that of errors is. */
function encodeObject(event: string, data: object, channel?: string): string {
  return `{"event":${toJsonLine(event)}${toChannelMember(channel)},"data":${toJsonLine(data)}}`;
}

function toChannelMember(channel: string | undefined): string {
  return channel === undefined ? '' : `,"channel":${toJsonLine(channel)}`;
}
