import {
  fossilByteDifference,
  getDataBytes,
  UNSUBSCRIBES,
  type ClientInfo,
  type JsonLine,
  type Publication,
  type Reply as ClientReply,
  type SubscriptionStart,
  type UnsubscribeKind,
} from '@newswire/protocol';
import { encodeDelimited, type Members } from './messages.js';
import {
  encodeMembers,
  encodePub,
  encodePublication,
  encodePush,
  toMembers,
} from './publication.js';
import { Reply } from './schema.js';

/** A publication as the delta from the previous one, if that is known and the delta is shorter. */
export function encodeDelta(
  channel: string,
  publication: Publication,
  previous?: Publication,
): Uint8Array {
  const data = previous && fossilByteDifference(getDataBytes(previous), getDataBytes(publication));
  if (data === undefined) return encodePublication(channel, publication);
  return encodePush(
    channel,
    encodeMembers({ ...toMembers(publication, false), data, delta: true }),
  );
}

/** A reply after its length. An empty one is a ping. */
export function encodeReply(reply: ClientReply): Uint8Array | undefined {
  const members = toReply(reply);
  if (members === undefined) return undefined;
  const frame = encodeDelimited(Reply, members);
  if (reply.type !== 'serverSubscribed' || reply.publications.length === 0) return frame;
  // The push of a subscription has no publications, so they follow as pushes of their own.
  const pubs = reply.publications.map((each) => encodePublication(reply.channel, each));
  return Buffer.concat([frame, ...pubs]);
}

function toReply(reply: ClientReply): Members | undefined {
  switch (reply.type) {
    case 'connected':
      return { id: reply.id, connect: toConnectResult(reply) };
    case 'subscribed':
      return { id: reply.id, subscribe: toSubscribeResult(reply) };
    case 'unsubscribed':
      return { id: reply.id, unsubscribe: {} };
    case 'published':
      return { id: reply.id, publish: {} };
    case 'presence': {
      const presence = new Map([...reply.members].map(([key, info]) => [key, toInfo(info)]));
      return { id: reply.id, presence: { presence } };
    }
    case 'presenceStats': {
      const { id, clients, users } = reply;
      return { id, presence_stats: { num_clients: clients, num_users: users } };
    }
    case 'history': {
      const { id, publications, position } = reply;
      return { id, history: { publications: publications.map(encodePub), ...position } };
    }
    case 'rpc':
      return { id: reply.id, rpc: { data: toBytes(reply.data) } };
    case 'refreshed': {
      const { id, client, version, ttlS } = reply;
      return { id, refresh: { client, version, ...toExpiry(ttlS) } };
    }
    case 'subRefreshed':
      return { id: reply.id, sub_refresh: toExpiry(reply.ttlS) };
    case 'ping':
      return {};
    case 'error':
      return reply.id === 0 ? undefined : { id: reply.id, error: reply.error.toBody() };
    case 'serverSubscribed':
    case 'resubscribe':
    case 'ended':
    case 'join':
    case 'leave':
    case 'message':
    case 'disconnect':
      return { push: toPush(reply) };
    // Of other protocols.
    case 'cacheMissed':
    case 'pong':
    case 'signedIn':
    case 'subscriptionCount':
      return undefined;
  }
}

type Push = Extract<
  ClientReply,
  {
    readonly type:
      'serverSubscribed' | 'resubscribe' | 'ended' | 'join' | 'leave' | 'message' | 'disconnect';
  }
>;

function toPush(push: Push): Members {
  switch (push.type) {
    case 'serverSubscribed': {
      const { recoverable, epoch, offset, positioned, data } = toSubscribeResult(push);
      return { channel: push.channel, subscribe: { recoverable, epoch, offset, positioned, data } };
    }
    case 'resubscribe':
      return toEnd(push.channel, 'insufficientState');
    case 'ended':
      return toEnd(push.channel, push.kind);
    case 'join':
      return { channel: push.channel, join: { info: toInfo(push.member) } };
    case 'leave':
      return { channel: push.channel, leave: { info: toInfo(push.member) } };
    case 'message':
      return { message: { data: toBytes(push.data) } };
    case 'disconnect':
      return { disconnect: { code: push.code, reason: push.reason } };
  }
}

function toConnectResult(reply: Extract<ClientReply, { readonly type: 'connected' }>): Members {
  const { client, version, pingIntervalMs, data, ttlS, subs = [], emulation } = reply;
  return {
    client,
    version,
    ...toExpiry(ttlS),
    data: toBytes(data),
    subs: new Map(subs.map((start) => [start.channel, toSubscribeResult(start)])),
    // Whole seconds. Rounding up is safe, because a client waits 10 s longer than that.
    ping: Math.ceil(pingIntervalMs / 1000),
    pong: true,
    ...emulation,
  };
}

function toSubscribeResult(start: SubscriptionStart) {
  const { position, positioning, wasRecovering, recovered, publications, data, ttlS } = start;
  return {
    ...toExpiry(ttlS),
    recoverable: positioning === 'recoverable',
    ...(positioning === 'none' ? { epoch: '', offset: 0 } : position),
    publications: toPubs(publications),
    recovered,
    positioned: positioning !== 'none',
    data: toBytes(data),
    was_recovering: wasRecovering,
    delta: start.hasDelta === true,
  };
}

/** The messages of recently listed publications. */
const listedPubs = new WeakMap<readonly Publication[], readonly Uint8Array[]>();

/** Clients that recover from the same position get the same list, which is encoded once. */
function toPubs(publications: readonly Publication[]): readonly Uint8Array[] {
  let pubs = listedPubs.get(publications);
  if (pubs === undefined) {
    pubs = publications.map(encodePub);
    listedPubs.set(publications, pubs);
  }
  return pubs;
}

function toEnd(channel: string, kind: UnsubscribeKind): Members {
  return { channel, unsubscribe: UNSUBSCRIBES[kind] };
}

function toInfo({ client, user, connInfo, chanInfo }: ClientInfo): Members {
  return { user, client, conn_info: toBytes(connInfo), chan_info: toBytes(chanInfo) };
}

function toExpiry(ttlS: number | undefined): Members {
  return ttlS === undefined ? {} : { expires: true, ttl: ttlS };
}

function toBytes(line: JsonLine | undefined): Uint8Array | undefined {
  return line === undefined ? undefined : Buffer.from(line);
}
