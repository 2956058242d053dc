import { z } from 'zod';
import { checkChannelName } from './channel-name.js';
import { ProtocolError } from './errors.js';
import type { Publication } from './publication.js';
import { FROM_NOW, type Command, type Reply, type Since, type Wire } from './wire.js';

const Id = z.int().min(1).max(0xffff_ffff);

const Subscribe = z.object({
  channel: z.string(),
  recover: z.boolean().default(false),
  offset: z.int().min(0).default(0),
  epoch: z.string().max(64).default(''),
  flag: z.int().min(0).default(0),
});

const Unsubscribe = z.object({ channel: z.string() });

/** Commands of the protocol that newswire does not have. `send` alone wants no answer. */
const UNAVAILABLE = [
  'publish',
  'presence',
  'presence_stats',
  'history',
  'rpc',
  'refresh',
  'sub_refresh',
];

/** The bit of a subscribe's `flag` that asks for error 112 instead of `recovered: false`. */
const MUST_RECOVER = 2;

/**
 * Centrifuge's JSON protocol: objects, several to a frame, joined by newlines. What is not a
 * command at all cannot be answered, as an answer needs its id: the frame is refused whole.
 */
export const centrifugeWire: Wire = {
  name: 'centrifuge',
  index: 1,
  connects: true,
  hasPositions: true,
  joint: '\n',
  pingFrame: '{}',
  maxRefusals: Infinity,
  decode: (text) => text.split('\n').flatMap(decodeLine),
  encode,
  encodeReply,
};

function decodeLine(line: string): Command[] {
  if (line.trim() === '') return [];
  const command = toObject(line);
  const methods = Object.keys(command).filter((key) => key !== 'id');
  if (methods.length === 0 && command['id'] === undefined) return [{ type: 'pong' }];
  const [method] = methods;
  if (method === 'send') return [];
  const id = Id.safeParse(command['id']);
  if (!id.success || method === undefined || methods.length > 1) throw notACommand();
  try {
    return [decodeCommand(id.data, method, command[method])];
  } catch (error) {
    if (error instanceof ProtocolError) return [{ type: 'refused', id: id.data, error }];
    throw error;
  }
}

function toObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new ProtocolError('badRequest', 'a frame holds JSON objects, one a line');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notACommand();
  return value as Record<string, unknown>;
}

function notACommand(): ProtocolError {
  return new ProtocolError('badRequest', 'a command is {"id":1,"METHOD":{…}}');
}

function decodeCommand(id: number, method: string, params: unknown): Command {
  switch (method) {
    case 'connect':
      return { type: 'connect', id };
    case 'subscribe':
      return toSubscribe(id, checked(Subscribe, params));
    case 'unsubscribe':
      return { type: 'unsubscribe', id, channels: [checked(Unsubscribe, params).channel] };
    default: {
      const kind = UNAVAILABLE.includes(method) ? 'notAvailable' : 'methodNotFound';
      throw new ProtocolError(kind, method.slice(0, 32));
    }
  }
}

function toSubscribe(id: number, params: z.infer<typeof Subscribe>): Command {
  const { channel, recover, offset, epoch, flag } = params;
  checkChannelName(channel);
  const since: Since = recover ? { type: 'position', position: { offset, epoch } } : FROM_NOW;
  const mustRecover = (flag & MUST_RECOVER) !== 0;
  return { type: 'subscribe', id, requests: [{ channel, since, mustRecover }] };
}

function checked<T>(schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ProtocolError(
    'badRequest',
    `${issue?.path.join('.') || 'parameters'}: ${issue?.message}`,
  );
}

/** Channel names have no character that JSON escapes, and data is one line of JSON already. */
function encode(channel: string, publication: Publication): string {
  return `{"push":{"channel":"${channel}","pub":${toPub(publication)}}}`;
}

function toPub({ offset, data }: Publication): string {
  return `{"data":${data},"offset":${offset}}`;
}

function encodeReply(reply: Reply): string | undefined {
  switch (reply.type) {
    case 'connected': {
      const { id, client, version, pingIntervalMs } = reply;
      // Whole seconds: a client waits for 10 s more than that, so rounding up is safe.
      const ping = Math.ceil(pingIntervalMs / 1000);
      return JSON.stringify({ id, connect: { client, version, ping, pong: true } });
    }
    case 'subscribed': {
      const { id, position, recovered, publications } = reply;
      const result = { recoverable: true, positioned: true, ...position };
      const recovery = recovered === undefined ? {} : { recovered, was_recovering: true };
      const members = JSON.stringify({ ...result, ...recovery }).slice(0, -1);
      const pubs =
        publications.length > 0 ? `,"publications":[${publications.map(toPub).join()}]` : '';
      return `{"id":${id},"subscribe":${members}${pubs}}}`;
    }
    case 'unsubscribed':
      return JSON.stringify({ id: reply.id, unsubscribe: {} });
    case 'resubscribe': {
      const unsubscribe = { code: 2500, reason: 'insufficient state' };
      return JSON.stringify({ push: { channel: reply.channel, unsubscribe } });
    }
    case 'error': {
      const { id, error } = reply;
      return id === 0 ? undefined : JSON.stringify({ id, error: error.toBody() });
    }
  }
}
