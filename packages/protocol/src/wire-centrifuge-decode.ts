import { z } from 'zod';
import { checkChannelName, checkChannelOrWildcard } from './channel-name.js';
import { ProtocolError } from './errors.js';
import { toJsonLine, type JsonLine, type Position } from './publication.js';
import { rawMember } from './raw-member.js';
import { FROM_NOW, type Command, type Since } from './wire.js';

const Id = z.int().min(1).max(0xffff_ffff);
const Offset = z.int().min(0).default(0);
const Epoch = z.string().max(64).default('');
const Token = z.string().default('');
const Word = z.string().max(255).default('');

const Connect = z.object({
  token: Token,
  name: Word,
  version: Word,
  headers: z.record(z.string(), z.string()).default({}),
  subs: z
    .record(
      z.string(),
      z.object({ recover: z.boolean().default(false), offset: Offset, epoch: Epoch }),
    )
    .default({}),
});

const Subscribe = z.object({
  channel: z.string(),
  token: Token,
  recover: z.boolean().default(false),
  offset: Offset,
  epoch: Epoch,
  positioned: z.boolean().default(false),
  recoverable: z.boolean().default(false),
  join_leave: z.boolean().default(false),
  delta: z.string().default(''),
  flag: z.int().min(0).default(0),
  type: z.int().default(0),
  tf: z.unknown().optional(),
});

const OfChannel = z.object({ channel: z.string() });
const History = z.object({
  channel: z.string(),
  limit: z.int().min(-1).default(0),
  since: z.object({ offset: Offset, epoch: Epoch }).nullish(),
  reverse: z.boolean().default(false),
});
const Rpc = z.object({ method: Word });
const Refresh = z.object({ token: Token });
const SubRefresh = z.object({ channel: z.string(), token: Token, type: z.int().default(0) });

/** The bit of a subscribe's `flag` that asks for error 112 instead of `recovered: false`. */
const MUST_RECOVER = 2;

/** A frame to its commands, one a line. */
export function decodeFrame(text: string): Command[] {
  // To split a text with nothing to split costs more than to decode it.
  return text.includes('\n') ? text.split('\n').flatMap(decodeLine) : decodeLine(text);
}

/** One line of a frame to its command; an empty one has none. */
function decodeLine(line: string): Command[] {
  if (line === '' || line.trim() === '') return [];
  const command = toObject(line);
  const methods = Object.keys(command).filter((key) => key !== 'id');
  if (methods.length === 0 && command['id'] === undefined) return [{ type: 'pong' }];
  const [method] = methods;
  if (method === 'send' && methods.length === 1) {
    return [{ type: 'send', data: dataOf(line, method, command[method]) }];
  }
  const id = Id.safeParse(command['id']);
  if (!id.success || method === undefined || methods.length > 1) throw notACommand();
  try {
    return [decodeCommand(id.data, method, command[method], line)];
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

function decodeCommand(id: number, method: string, params: unknown, line: string): Command {
  switch (method) {
    case 'connect': {
      const { token, name, version, headers, subs } = checked(Connect, params);
      const data = dataOf(line, method, params);
      const positions = toPositions(subs);
      return { type: 'connect', id, token, data, name, version, headers, subs: positions };
    }
    case 'subscribe':
      return toSubscribe(id, checked(Subscribe, params), dataOf(line, method, params));
    case 'unsubscribe':
      return { type: 'unsubscribe', id, channels: [checked(OfChannel, params).channel] };
    case 'publish': {
      const { channel } = checked(OfChannel, params);
      const data = dataOf(line, method, params);
      if (data === undefined) throw new ProtocolError('badRequest', 'data: there is none');
      return { type: 'publish', id, channel: checkedName(channel), data };
    }
    case 'presence':
      return { type: 'presence', id, channel: checkedName(checked(OfChannel, params).channel) };
    case 'presence_stats':
      return {
        type: 'presenceStats',
        id,
        channel: checkedName(checked(OfChannel, params).channel),
      };
    case 'history': {
      const { channel, since, ...page } = checked(History, params);
      return {
        type: 'history',
        id,
        channel: checkedName(channel),
        ...page,
        since: since ?? undefined,
      };
    }
    case 'rpc':
      return { type: 'rpc', id, ...checked(Rpc, params), data: dataOf(line, method, params) };
    case 'refresh':
      return { type: 'refresh', id, ...checked(Refresh, params) };
    case 'sub_refresh': {
      const { channel, token, type } = checked(SubRefresh, params);
      if (type !== 0) throw new ProtocolError('notAvailable', `sub_refresh of type ${type}`);
      checkChannelOrWildcard(channel);
      return { type: 'subRefresh', id, channel, token };
    }
    default:
      throw new ProtocolError('methodNotFound', method.slice(0, 32));
  }
}

function toSubscribe(
  id: number,
  params: z.infer<typeof Subscribe>,
  data: JsonLine | undefined,
): Command {
  const { channel, token, recover, offset, epoch, flag, type } = params;
  checkChannelOrWildcard(channel);
  if (type !== 0) throw new ProtocolError('notAvailable', `subscriptions of type ${type}`);
  if (params.tf !== undefined) throw new ProtocolError('notAvailable', 'filters of tags');
  const since: Since = recover ? { type: 'position', position: { offset, epoch } } : FROM_NOW;
  const mustRecover = (flag & MUST_RECOVER) !== 0;
  const isOnlyPositioned = params.positioned && !params.recoverable && !recover;
  const joinLeave = params.join_leave;
  const delta = params.delta === 'fossil';
  // Written out: every client comes by here, and a spread costs more than all of it.
  const request = {
    channel,
    since,
    mustRecover,
    token,
    data,
    isOnlyPositioned,
    joinLeave,
    delta,
  };
  return { type: 'subscribe', id, requests: [request] };
}

function toPositions(subs: z.infer<typeof Connect>['subs']): ReadonlyMap<string, Position> {
  const positions = new Map<string, Position>();
  for (const [channel, { recover, offset, epoch }] of Object.entries(subs)) {
    if (recover) positions.set(channel, { offset, epoch });
  }
  return positions;
}

/** As its sender wrote it: parsed and written again, a long number would be another. A string would not. */
function dataOf(line: string, method: string, params: unknown): JsonLine | undefined {
  if (typeof params !== 'object' || params === null || !('data' in params)) return undefined;
  if (typeof params.data === 'string') return toJsonLine(params.data);
  const text = rawMember(line, method);
  return text === undefined ? undefined : rawMember(text, 'data');
}

function checkedName(channel: string): string {
  checkChannelName(channel);
  return channel;
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
