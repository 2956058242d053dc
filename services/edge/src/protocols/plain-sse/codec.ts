import {
  checkChannelOrWildcard,
  closesAfterRefusals,
  connectsByCommand,
  FROM_NOW,
  getSourceChannel,
  isWildcard,
  joinText,
  ProtocolError,
  reconnectsAfterGap,
  toPlainText,
  type Codec,
  type Command,
  type Frame,
  type Position,
  type Protocol,
  type Publication,
  type Reply,
  type SubscriptionStart,
} from '@newswire/protocol';
import { z } from 'zod';

/**
 * The codec of server-sent events for programs without a library: `EventSource`, curl. A client sends everything
 * in its request, see `plainSseRequest`.
 *
 * An event's id holds the positions of all the client's channels, so the last step of encoding is
 * separate for each connection. The part that is the same for all is encoded here: frames are
 * blocks that end with an empty line, see `PlainSseBlock`. The block that begins a subscription
 * names the epoch, which then stays valid.
 */
export const plainSseCodec: Codec<string> = {
  name: 'plain_sse',
  decode,
  encodePublication: encodeBlock,
  encodeReply,
  joinFrames: (frames, maxBytes) => joinText(frames, '', maxBytes),
};

/** A client sends one request, so one refusal ends the connection. */
export const plainSseProtocol: Protocol = {
  name: 'plain_sse',
  codec: plainSseCodec,
  connecting: connectsByCommand,
  gaps: reconnectsAfterGap,
  refusals: closesAfterRefusals(1),
};

export interface PlainSseRequest {
  /** Channel names, joined by `|`. */
  readonly channels: string;
  /** Empty if the client sent none. */
  readonly token: string;
  /** The id of the client's last event; empty if the client starts now. */
  readonly lastEventId: string;
}

/**
 * The part of a frame that becomes one event. `:` is a heartbeat, `!` an error that ends the
 * connection.
 */
export type PlainSseBlock =
  | { readonly type: 'connected' }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'error'; readonly body: string }
  /** The client's position on a channel from here on. Without fields, only an id is sent. */
  | {
      readonly type: 'position';
      readonly channel: string;
      readonly offset: number;
      /** Undefined if it has not changed. */
      readonly epoch: string | undefined;
      /** Lines of the event, besides its id. */
      readonly fields: string;
    };

/** Names of events that are not publications. `EventSource` itself uses two of them. */
const TAKEN_NAMES = ['error', 'gap', 'open', 'subscribed'];

/**
 * A client returns the id in a request header, perhaps with a token, and headers are limited to 16
 * KiB.
 */
const MAX_ID_LENGTH = 4096;

/** The length of one position in an id, besides the channel's name. */
const POSITION_LENGTH = 40;

const CONNECTED = '*';

/** The only frame that a client sends in this protocol. */
export function plainSseRequest(request: PlainSseRequest): string {
  return JSON.stringify(request);
}

/** The channels of a request, in their order and without duplicates. */
export function plainSseChannels({ channels }: Pick<PlainSseRequest, 'channels'>): string[] {
  return [...new Set(channels.split('|'))].filter((channel) => channel !== '');
}

/** Parses the positions in an id. Throws error 107 if newswire did not create it. */
export function readEventId(id: string): Map<string, Position> {
  const positions = new Map<string, Position>();
  for (const part of id === '' ? [] : id.split('|')) {
    const [, channel, digits, epoch] = /^(.+),(\d{1,15}),([^,\s]{1,64})$/.exec(part) ?? [];
    if (channel === undefined || epoch === undefined) {
      throw new ProtocolError('badRequest', 'unknown Last-Event-ID');
    }
    positions.set(channel, { offset: Number(digits), epoch });
  }
  return positions;
}

/** The event id for these positions. */
export function toEventId(positions: ReadonlyMap<string, Position>): string {
  const parts: string[] = [];
  for (const [channel, { offset, epoch }] of positions) parts.push(`${channel},${offset},${epoch}`);
  return parts.join('|');
}

export function readBlocks(frame: string): PlainSseBlock[] {
  return frame.split('\n\n').slice(0, -1).map(readBlock);
}

function readBlock(block: string): PlainSseBlock {
  if (block === ':') return { type: 'heartbeat' };
  if (block === CONNECTED) return { type: 'connected' };
  if (block.startsWith('!')) return { type: 'error', body: block.slice(1) };
  const end = block.indexOf('\n');
  const head = end < 0 ? block : block.slice(0, end);
  const [channel = '', offset, epoch] = head.split(' ');
  const fields = end < 0 ? '' : block.slice(end + 1);
  return { type: 'position', channel, offset: Number(offset), epoch, fields };
}

const Request = z.object({ channels: z.string(), token: z.string(), lastEventId: z.string() });

function decode(frame: Frame): Command[] {
  const request = parseRequest(frame);
  const channels = plainSseChannels(request);
  if (channels.length === 0 && request.token === '') {
    throw new ProtocolError('badRequest', 'channels is missing, as in /sse?channels=77707|77708');
  }
  channels.forEach(checkName);
  const idLength = channels.reduce((sum, { length }) => sum + length + POSITION_LENGTH, 0);
  if (idLength > MAX_ID_LENGTH) {
    throw new ProtocolError('limitExceeded', 'too many channels for one id: use more connections');
  }
  const positions = readEventId(request.lastEventId);
  const requests = channels.map((channel) => {
    const position = positions.get(channel);
    return { channel, since: position ? ({ type: 'position', position } as const) : FROM_NOW };
  });
  const connect: Command = {
    type: 'connect',
    id: 1,
    token: request.token,
    data: undefined,
    name: 'plain_sse',
    version: '',
    headers: {},
    subs: positions,
  };
  return requests.length === 0 ? [connect] : [connect, { type: 'subscribe', id: 2, requests }];
}

function parseRequest(frame: Frame): PlainSseRequest {
  try {
    return Request.parse(JSON.parse(String(frame)));
  } catch {
    throw new ProtocolError('badRequest', 'this is no request of plain SSE');
  }
}

function checkName(channel: string): void {
  checkChannelOrWildcard(channel);
  if (TAKEN_NAMES.includes(channel)) {
    throw new ProtocolError(
      'badRequest',
      `${channel} is reserved for an event and cannot be a channel on this protocol`,
    );
  }
}

/**
 * A carriage return also ends a line: it arrives as a line feed. A wildcard's event has the
 * wildcard's name, because `EventSource` receives only events whose names it knows before. A field
 * of its own names the channel.
 */
function encodeBlock(channel: string, publication: Publication): string {
  const { offset, data } = publication;
  const text = toPlainText(data);
  const named = isWildcard(channel) ? `\nchannel: ${getSourceChannel(publication)}` : '';
  const lines = /[\r\n]/.test(text) ? text.replaceAll(/\r\n|\r|\n/g, '\ndata: ') : text;
  return `${channel} ${offset}\nevent: ${channel}${named}\ndata: ${lines}\n\n`;
}

function encodeReply(reply: Reply): string | undefined {
  switch (reply.type) {
    case 'connected':
      return `${CONNECTED}\n\n${(reply.subs ?? []).map(toStart).join('')}`;
    case 'subscribed':
    case 'serverSubscribed':
      return toStart(reply);
    case 'error':
      return `!${JSON.stringify(reply.error.toBody())}\n\n`;
    case 'ping':
      return ':\n\n';
    case 'join':
    case 'leave':
    case 'message':
      return '';
    default:
      return undefined;
  }
}

function toStart(start: SubscriptionStart): string {
  const { channel, position, positioning, wasRecovering, recovered, publications } = start;
  const isGap = positioning !== 'none' && wasRecovering && !recovered;
  const gap = isGap ? `\nevent: gap\ndata: ${channel}` : '';
  const head = `${channel} ${position.offset} ${position.epoch}${gap}\n\n`;
  return head + publications.map((publication) => encodeBlock(channel, publication)).join('');
}
