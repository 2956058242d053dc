import {
  checkChannelName,
  checkChannelOrWildcard,
  describeIssue,
  FROM_NOW,
  parseTagsFilter,
  ProtocolError,
  recordSchema,
  type Command,
  type JsonLine,
  type Position,
  type Since,
} from '@newswire/protocol';
import { z } from 'zod';

const Id = z.int().min(1).max(0xffff_ffff);

// All members except channels may be missing or null: Go, Java and C# write empty values that way.
const Offset = z.int().min(0).nullish();
const Epoch = z.string().max(64).nullish();
const Token = z.string().nullish();
const Word = z.string().max(255).nullish();
const Flag = z.boolean().nullish();
const Kind = z.int().nullish();

const Connect = z.object({
  token: Token,
  name: Word,
  version: Word,
  headers: recordSchema(z.string()).nullish(),
  subs: recordSchema(z.object({ recover: Flag, offset: Offset, epoch: Epoch })).nullish(),
});

const Subscribe = z.object({
  channel: z.string(),
  token: Token,
  recover: Flag,
  offset: Offset,
  epoch: Epoch,
  positioned: Flag,
  recoverable: Flag,
  join_leave: Flag,
  delta: z.string().nullish(),
  flag: z.int().min(0).nullish(),
  type: Kind,
  tf: z.unknown().optional(),
});

const OfChannel = z.object({ channel: z.string() });
const History = z.object({
  channel: z.string(),
  limit: z.int().min(-1).nullish(),
  since: z.object({ offset: Offset, epoch: Epoch }).nullish(),
  reverse: Flag,
});
const Rpc = z.object({ method: Word });
const Refresh = z.object({ token: Token });
const SubRefresh = z.object({ channel: z.string(), token: Token, type: Kind });

/** The bit of a subscribe's `flag` that requests error 112 instead of `recovered: false`. */
const MUST_RECOVER = 2;

/**
 * Makes a command of its parts, for every encoding. Throws if the whole frame is refused: without
 * an id, a refusal has no reply.
 */
export function readCommand(
  givenId: unknown,
  methods: readonly string[],
  params: unknown,
  readData: () => JsonLine | undefined,
): Command {
  const [method] = methods;
  if (method === 'send' && methods.length === 1) return { type: 'send', data: readData() };
  const id = Id.safeParse(givenId);
  if (!id.success || method === undefined || methods.length > 1) throw notACommand();
  try {
    return toCommand(id.data, method, params, readData);
  } catch (error) {
    if (error instanceof ProtocolError) return { type: 'refused', id: id.data, error };
    throw error;
  }
}

export function notACommand(): ProtocolError {
  return new ProtocolError('badRequest', 'a command must be {"id":1,"METHOD":{…}}');
}

/**
 * Checks a command's parameters, which have the members and types of the protocol's JSON format.
 * `readData` returns its data, which is not checked again. Throws ProtocolError if the command is
 * refused.
 */
function toCommand(
  id: number,
  method: string,
  params: unknown,
  readData: () => JsonLine | undefined,
): Command {
  switch (method) {
    case 'connect':
      return toConnect(id, checked(Connect, params), readData());
    case 'subscribe':
      return toSubscribe(id, checked(Subscribe, params), readData());
    case 'unsubscribe':
      return { type: 'unsubscribe', id, channels: [checked(OfChannel, params).channel] };
    case 'publish': {
      const { channel } = checked(OfChannel, params);
      const data = readData();
      if (data === undefined) throw new ProtocolError('badRequest', 'data is missing');
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
    case 'history':
      return toHistory(id, checked(History, params));
    case 'rpc': {
      const { method: name } = checked(Rpc, params);
      return { type: 'rpc', id, method: name ?? '', data: readData() };
    }
    case 'refresh':
      return { type: 'refresh', id, token: checked(Refresh, params).token ?? '' };
    case 'sub_refresh': {
      const { channel, token, type } = checked(SubRefresh, params);
      if (type) throw new ProtocolError('notAvailable', `sub_refresh of type ${type}`);
      checkChannelOrWildcard(channel);
      return { type: 'subRefresh', id, channel, token: token ?? '' };
    }
    default:
      throw new ProtocolError('methodNotFound', method.slice(0, 32));
  }
}

function toConnect(
  id: number,
  { token, name, version, headers, subs }: z.infer<typeof Connect>,
  data: JsonLine | undefined,
): Command {
  return {
    type: 'connect',
    id,
    token: token ?? '',
    data,
    name: name ?? '',
    version: version ?? '',
    headers: headers ? Object.fromEntries(headers) : {},
    subs: toPositions(subs),
  };
}

function toPositions(subs: z.infer<typeof Connect>['subs']): ReadonlyMap<string, Position> {
  const positions = new Map<string, Position>();
  for (const [channel, { recover, offset, epoch }] of subs ?? []) {
    if (recover) positions.set(channel, toPosition(offset, epoch));
  }
  return positions;
}

function toPosition(offset: number | null | undefined, epoch: string | null | undefined): Position {
  return { offset: offset ?? 0, epoch: epoch ?? '' };
}

function toSubscribe(
  id: number,
  params: z.infer<typeof Subscribe>,
  data: JsonLine | undefined,
): Command {
  const { channel, token, recover, offset, epoch, flag, type, tf } = params;
  checkChannelOrWildcard(channel);
  if (type) throw new ProtocolError('notAvailable', `subscriptions of type ${type}`);
  const since: Since = recover
    ? { type: 'position', position: toPosition(offset, epoch) }
    : FROM_NOW;
  const { positioned, recoverable, join_leave: joinLeave, delta } = params;
  // Written out because every client subscribes through here, and a spread costs more than the
  // rest.
  const request = {
    channel,
    since,
    mustRecover: ((flag ?? 0) & MUST_RECOVER) !== 0,
    token: token ?? '',
    data,
    isOnlyPositioned: positioned === true && !recoverable && !recover,
    joinLeave: joinLeave === true,
    delta: delta === 'fossil',
    tagsFilter: tf === undefined || tf === null ? undefined : parseTagsFilter(tf),
  };
  return { type: 'subscribe', id, requests: [request] };
}

function toHistory(id: number, params: z.infer<typeof History>): Command {
  const { channel, limit, since, reverse } = params;
  return {
    type: 'history',
    id,
    channel: checkedName(channel),
    limit: limit ?? 0,
    since: since ? toPosition(since.offset, since.epoch) : undefined,
    reverse: reverse === true,
  };
}

function checkedName(channel: string): string {
  checkChannelName(channel);
  return channel;
}

function checked<T>(schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  throw new ProtocolError('badRequest', describeIssue(result.error.issues[0], 'parameters'));
}
