import {
  BASE64_MARK,
  fossilDifference,
  getSourceChannel,
  hasBase64Data,
  isWildcard,
  rawMember,
  toInfoLine,
  toJsonLine,
  UNSUBSCRIBES,
  type ClientInfo,
  type JsonLine,
  type Publication,
  type Reply,
  type SubscriptionStart,
  type UnsubscribeKind,
} from '@newswire/protocol';

/**
 * Encodes a publication by joining texts. Nothing needs escaping: channel names have no such
 * characters, and data is one line of JSON.
 */
export function encodePublication(channel: string, publication: Publication): string {
  const named = isWildcard(channel) ? withChannelTag(publication) : publication;
  return push(channel, `"pub":${toPub(named)}`);
}

/** For clients that accept deltas, data is a string even if the publication is whole. */
export function encodeWhole(channel: string, publication: Publication): string {
  return push(channel, `"pub":${toWholePub(publication)}`);
}

export function encodeDelta(
  channel: string,
  publication: Publication,
  previous?: Publication,
): string {
  const difference = previous && fossilDifference(previous.data, publication.data);
  if (difference === undefined) return encodeWhole(channel, publication);
  const pub = toPub({ ...publication, data: JSON.stringify(difference) });
  return push(channel, `"pub":${pub.slice(0, -1)},"delta":true}`);
}

export function encodeReply(reply: Reply): string | undefined {
  switch (reply.type) {
    case 'connected':
      return encodeConnected(reply);
    case 'subscribed':
      return answer(reply.id, 'subscribe', startMembers(reply));
    case 'unsubscribed':
      return answer(reply.id, 'unsubscribe', '');
    case 'published':
      return answer(reply.id, 'publish', '');
    case 'presence':
      return answer(reply.id, 'presence', `"presence":{${presenceMembers(reply.members)}}`);
    case 'presenceStats': {
      const { id, clients, users } = reply;
      return answer(id, 'presence_stats', `"num_clients":${clients},"num_users":${users}`);
    }
    case 'history': {
      const { id, publications, position } = reply;
      const pubs = `"publications":[${publications.map(toPub).join()}]`;
      return answer(id, 'history', `${pubs},${encodeMembers(position)}`);
    }
    case 'rpc':
      return answer(reply.id, 'rpc', `"data":${reply.data}`);
    case 'refreshed': {
      const { id, client, version, ttlS } = reply;
      return answer(id, 'refresh', encodeMembers({ client, version, ...expiry(ttlS) }));
    }
    case 'subRefreshed':
      return answer(reply.id, 'sub_refresh', encodeMembers(expiry(reply.ttlS)));
    case 'serverSubscribed':
      return encodeServerSubscribed(reply);
    case 'resubscribe':
      return encodeEnd(reply.channel, 'insufficientState');
    case 'ended':
      return encodeEnd(reply.channel, reply.kind);
    case 'join':
      return push(reply.channel, `"join":{"info":${toInfoLine(reply.member)}}`);
    case 'leave':
      return push(reply.channel, `"leave":{"info":${toInfoLine(reply.member)}}`);
    case 'ping':
      return '{}';
    case 'message':
      return `{"push":{"message":{"data":${reply.data}}}}`;
    case 'disconnect': {
      const { code, reason } = reply;
      return JSON.stringify({ push: { disconnect: { code, reason } } });
    }
    case 'error': {
      const { id, error } = reply;
      return id === 0 ? undefined : JSON.stringify({ id, error: error.toBody() });
    }
    // Of other protocols.
    case 'cacheMissed':
    case 'pong':
    case 'signedIn':
    case 'subscriptionCount':
      return undefined;
  }
}

function encodeConnected(reply: Extract<Reply, { readonly type: 'connected' }>): string {
  const { id, client, version, pingIntervalMs, data, ttlS, subs = [], emulation } = reply;
  // Whole seconds. Rounding up is safe, because a client waits 10 s longer than that.
  const ping = Math.ceil(pingIntervalMs / 1000);
  let facts = `"client":"${client}","version":"${version}","ping":${ping},"pong":true`;
  if (ttlS !== undefined) facts += `,"expires":true,"ttl":${ttlS}`;
  if (emulation !== undefined) facts += `,${encodeMembers(emulation)}`;
  const started = subs.map((start) => `"${start.channel}":{${startMembers(start)}}`).join();
  const more = started === '' ? '' : `,"subs":{${started}}`;
  return answer(id, 'connect', `${facts}${withData(data)}${more}`);
}

/** Libraries ignore publications in a subscribe push, so they follow as pushes of their own. */
function encodeServerSubscribed(start: SubscriptionStart): string {
  const { channel, publications, hasDelta } = start;
  const encode = hasDelta ? encodeWhole : encodePublication;
  const subscribe = push(channel, `"subscribe":{${startMembers({ ...start, publications: [] })}}`);
  return [subscribe, ...publications.map((each) => encode(channel, each))].join('\n');
}

function startMembers(start: SubscriptionStart): string {
  const { position, positioning, wasRecovering, recovered, publications, data, ttlS } = start;
  const { hasDelta = false } = start;
  const isPositioned = positioning !== 'none';
  // Written out because every client receives this, and JSON.stringify of a new object costs more
  // than the rest.
  let facts = positioning === 'recoverable' ? ',"recoverable":true' : '';
  if (isPositioned) {
    const { epoch, offset } = position;
    facts += `,"positioned":true,"epoch":${JSON.stringify(epoch)},"offset":${offset}`;
  }
  if (wasRecovering || recovered) facts += `,"recovered":${recovered}`;
  if (wasRecovering) facts += ',"was_recovering":true';
  if (hasDelta) facts += ',"delta":true';
  if (ttlS !== undefined) facts += `,"expires":true,"ttl":${ttlS}`;
  const listed = hasDelta ? publications.map(toWholePub).join() : toPubs(publications);
  const pubs = listed === '' ? '' : `,"publications":[${listed}]`;
  return `${facts}${withData(data)}${pubs}`.slice(1);
}

function encodeEnd(channel: string, kind: UnsubscribeKind): string {
  return push(channel, `"unsubscribe":${JSON.stringify(UNSUBSCRIBES[kind])}`);
}

function presenceMembers(clients: ReadonlyMap<string, ClientInfo>): string {
  const infos = [...clients.values()].map((info) => {
    return `${JSON.stringify(info.client)}:${toInfoLine(info)}`;
  });
  return infos.join();
}

/** The texts of recently listed publications. */
const listedTexts = new WeakMap<readonly Publication[], string>();

/** Clients that recover from the same position get the same list, so its text is made once. */
function toPubs(publications: readonly Publication[]): string {
  if (publications.length === 0) return '';
  let text = listedTexts.get(publications);
  if (text === undefined) {
    text = publications.map(toPub).join();
    listedTexts.set(publications, text);
  }
  return text;
}

function toPub({ offset, data, extra }: Publication): string {
  const more = extra === undefined || extra === '' ? '' : `,${extra}`;
  return `{"data":${data},"offset":${offset}${more}}`;
}

function toWholePub(publication: Publication): string {
  return toPub({ ...publication, data: JSON.stringify(publication.data) });
}

function expiry(ttlS: number | undefined) {
  return ttlS === undefined ? {} : { expires: true, ttl: ttlS };
}

function withData(data: JsonLine | undefined): string {
  return data === undefined ? '' : `,"data":${data}`;
}

/** An object's members without its braces. */
function encodeMembers(value: object): string {
  return JSON.stringify(value).slice(1, -1);
}

function answer(id: number, method: string, result: string): string {
  return `{"id":${id},"${method}":{${result}}}`;
}

function push(channel: string, content: string): string {
  return `{"push":{"channel":"${channel}",${content}}}`;
}

/**
 * Adds the channel as a tag, in place of a tag of that name. Centrifuge's libraries pass tags to
 * the application, but report the wildcard's name as the channel.
 */
function withChannelTag(publication: Publication): Publication {
  const object = `{${publication.extra ?? ''}}`;
  const channel = getSourceChannel(publication);
  const tags = JSON.parse(rawMember(object, 'tags') ?? '{}') as Readonly<Record<string, string>>;
  const info = rawMember(object, 'info');
  const isBase64 = hasBase64Data(publication);
  const members = [
    `"channel":"${channel}"`,
    `"tags":${toJsonLine({ ...tags, channel })}`,
    ...(info === undefined ? [] : [`"info":${info}`]),
    ...(isBase64 ? [BASE64_MARK] : []),
  ];
  return { ...publication, extra: members.join() };
}
