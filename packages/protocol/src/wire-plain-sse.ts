import { z } from 'zod';
import { checkChannelOrWildcard, isWildcard } from './channel-name.js';
import { ProtocolError } from './errors.js';
import type { Position, Publication } from './publication.js';
import { FROM_NOW, type Command, type Reply, type SubscriptionStart, type Wire } from './wire.js';
import { channelOf } from './wildcard-publication.js';
import { textOf } from './wire-seed.js';

/**
 * Server-sent events for programs without a library: `EventSource`, curl. A client says all it has
 * to say in its request, see `plainSseRequest`.
 *
 * An event's id holds the positions of all the client's channels, so the last step to its bytes is
 * each connection's own. What is the same for all is made here: frames are blocks that end with an
 * empty line, see `PlainSseBlock`. An epoch is named where a subscription begins, and holds on.
 */
export const plainSseWire: Wire = {
  name: 'plain_sse',
  index: 3,
  connects: true,
  hasPositions: true,
  joint: '',
  pingFrame: ':\n\n',
  maxRefusals: 1,
  decode,
  encode: toBlock,
  encodeReply,
};

export interface PlainSseRequest {
  /** Channel names, joined by `|`. */
  readonly channels: string;
  /** Empty: none was given. */
  readonly token: string;
  /** The id of the last event that the client has; empty: it begins now. */
  readonly lastEventId: string;
}

/** What of a frame goes to one event. `:` is a heartbeat, `!` what ends the connection. */
export type PlainSseBlock =
  | { readonly type: 'connected' }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'error'; readonly body: string }
  /** The client's position on a channel from here on; without fields it is told by an id alone. */
  | {
      readonly type: 'position';
      readonly channel: string;
      readonly offset: number;
      /** Undefined: as before. */
      readonly epoch: string | undefined;
      /** Lines of the event, beside its id. */
      readonly fields: string;
    };

/** Events that are no items; `EventSource` has two of them of its own. */
const TAKEN_NAMES = ['error', 'gap', 'open', 'subscribed'];

/** An id comes back in a request's headers, beside a token perhaps, and those have 16 KiB. */
const MAX_ID_LENGTH = 4096;

/** Of one position in an id, beside the channel's name. */
const POSITION_LENGTH = 40;

const CONNECTED = '*';

/** The wire's one frame from a client. */
export function plainSseRequest(request: PlainSseRequest): string {
  return JSON.stringify(request);
}

/** The channels of a request as they stand there, each once. */
export function plainSseChannels({ channels }: Pick<PlainSseRequest, 'channels'>): string[] {
  return [...new Set(channels.split('|'))].filter((channel) => channel !== '');
}

/** The positions in an id; error 107 where it is none of newswire's. */
export function readEventId(id: string): Map<string, Position> {
  const positions = new Map<string, Position>();
  for (const part of id === '' ? [] : id.split('|')) {
    const [, channel, digits, epoch] = /^([^,]+),(\d{1,15}),([^,\s]{1,64})$/.exec(part) ?? [];
    if (channel === undefined || epoch === undefined) {
      throw new ProtocolError('badRequest', 'the last event id is none that newswire has given');
    }
    positions.set(channel, { offset: Number(digits), epoch });
  }
  return positions;
}

/** Where one has got to who has had everything up to these positions. */
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
  const [channel = '', offset, epoch] = head.split(',');
  const fields = end < 0 ? '' : block.slice(end + 1);
  return { type: 'position', channel, offset: Number(offset), epoch, fields };
}

const Request = z.object({ channels: z.string(), token: z.string(), lastEventId: z.string() });

function decode(text: string): Command[] {
  const request = Request.parse(JSON.parse(text));
  const channels = plainSseChannels(request);
  if (channels.length === 0 && request.token === '') {
    throw new ProtocolError('badRequest', 'name channels: /sse?channels=77707|77708');
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

function checkName(channel: string): void {
  checkChannelOrWildcard(channel);
  if (TAKEN_NAMES.includes(channel)) {
    throw new ProtocolError('badRequest', `${channel} is the name of an event of another kind`);
  }
}

/**
 * A carriage return ends a line too: it arrives as a line feed. A wildcard's event has its name, as
 * `EventSource` hears no events but those it can name before; a field of its own says the channel.
 */
function toBlock(channel: string, publication: Publication): string {
  const { offset, data } = publication;
  const text = textOf(data);
  const named = isWildcard(channel) ? `\nchannel: ${channelOf(publication)}` : '';
  const lines = /[\r\n]/.test(text) ? text.replaceAll(/\r\n|\r|\n/g, '\ndata: ') : text;
  return `${channel},${offset}\nevent: ${channel}${named}\ndata: ${lines}\n\n`;
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
  const head = `${channel},${position.offset},${position.epoch}${gap}\n\n`;
  return head + publications.map((publication) => toBlock(channel, publication)).join('');
}
