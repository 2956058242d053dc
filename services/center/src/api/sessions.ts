import type { ControlRequest, SessionFilter } from '@newswire/broker';
import {
  CLOSES,
  MAX_CLOSE_REASON_BYTES,
  ProtocolError,
  UNSUBSCRIBES,
  type JsonLine,
  type Position,
  type UnsubscribeKind,
} from '@newswire/protocol';
import { omitUndefined } from '@newswire/runtime';
import type { ApiMethod, ApiParts } from './api-method.js';
import { checkParams, checkSubscribable } from './check-params.js';
import { parseData, type DataField } from './data.js';
import {
  BLOCK_USER,
  DISCONNECT,
  REFRESH,
  SUBSCRIBE,
  UNBLOCK_USER,
  UNSUBSCRIBE,
} from './shapes/sessions.js';

type SessionMethod =
  'subscribe' | 'unsubscribe' | 'disconnect' | 'refresh' | 'block_user' | 'unblock_user';

/**
 * The methods that act on sessions: every edge gets the request and executes it for its own
 * sessions.
 */
export function createSessionMethods(parts: ApiParts): Record<SessionMethod, ApiMethod> {
  async function execute(request: ControlRequest): Promise<object> {
    await parts.control.request(request);
    return {};
  }

  async function subscribe(params: unknown, text: string): Promise<object> {
    const fields = checkParams(SUBSCRIBE, params);
    checkSubscribable(fields.channel, parts);
    const { channel, recover_since: since } = fields;
    const data = { name: 'data', value: fields.data, b64Name: 'b64data', base64: fields.b64data };
    const info = { name: 'info', value: fields.info, b64Name: 'b64info', base64: fields.b64info };
    return execute({
      method: 'subscribe',
      channel,
      ...toFilter(fields),
      ...omitUndefined({
        info: presentData(info, text, parts),
        data: presentData(data, text, parts),
        since: since ? toPosition(since) : undefined,
        expiresAtMs: toMs(fields.expire_at),
      }),
    });
  }

  async function unsubscribe(params: unknown): Promise<object> {
    const fields = checkParams(UNSUBSCRIBE, params);
    checkSubscribable(fields.channel, parts);
    return execute({
      method: 'unsubscribe',
      channel: fields.channel,
      ...toFilter(fields),
      ...omitUndefined({ kind: toUnsubscribeKind(fields.code) }),
    });
  }

  async function disconnect(params: unknown): Promise<object> {
    const fields = checkParams(DISCONNECT, params);
    return execute({ method: 'disconnect', ...toClose(fields.disconnect), ...toFilter(fields) });
  }

  async function refresh(params: unknown, text: string): Promise<object> {
    const fields = checkParams(REFRESH, params);
    const info = { name: 'info', value: fields.info, b64Name: 'b64info', base64: undefined };
    return execute({
      method: 'refresh',
      expired: fields.expired === true,
      ...toFilter(fields),
      ...omitUndefined({
        expiresAtMs: toMs(fields.expire_at),
        info: presentData(info, text, parts),
      }),
    });
  }

  /** The list is changed first: an edge that the request does not reach reads it later. */
  async function block(params: unknown): Promise<object> {
    const { user, expire_at } = checkParams(BLOCK_USER, params);
    const untilMs = toMs(expire_at) ?? Infinity;
    if (untilMs <= Date.now()) throw new ProtocolError('badRequest', 'expire_at has passed');
    await parts.blockList.block(user, untilMs);
    return execute({ method: 'reloadBlocked' });
  }

  async function unblock(params: unknown): Promise<object> {
    await parts.blockList.unblock(checkParams(UNBLOCK_USER, params).user);
    return execute({ method: 'reloadBlocked' });
  }

  return {
    subscribe,
    unsubscribe,
    disconnect,
    refresh,
    block_user: block,
    unblock_user: unblock,
  };
}

/** A position as Centrifugo's libraries write it: an omitted member is 0, or empty. */
export function toPosition(fields: {
  readonly offset?: number | null | undefined;
  readonly epoch?: string | null | undefined;
}): Position {
  return { offset: fields.offset ?? 0, epoch: fields.epoch ?? '' };
}

interface Whose {
  readonly user?: string | null | undefined;
  readonly client?: string | null | undefined;
}

/**
 * An empty user would mean all anonymous clients, which a field that was left empty never intends.
 */
function toFilter({ user, client }: Whose): SessionFilter {
  if (!user && !client) throw new ProtocolError('badRequest', 'user or client is missing');
  return omitUndefined({ user: user || undefined, client: client || undefined });
}

function toUnsubscribeKind(code: number | null | undefined): UnsubscribeKind | undefined {
  if (!code) return undefined;
  const kinds = Object.keys(UNSUBSCRIBES) as UnsubscribeKind[];
  const kind = kinds.find((each) => UNSUBSCRIBES[each].code === code);
  if (kind !== undefined) return kind;
  const codes = kinds.map((each) => UNSUBSCRIBES[each].code).join(', ');
  throw new ProtocolError('badRequest', `code must be one of ${codes}`);
}

interface Close {
  readonly code?: number | null | undefined;
  readonly reason?: string | null | undefined;
}

const MIN_CLOSE_CODE = 3000;
const MAX_CLOSE_CODE = 4999;

function toClose(close: Close | null | undefined): { code: number; reason: string } {
  const code = close?.code || CLOSES.forceDisconnect.code;
  if (code < MIN_CLOSE_CODE || code > MAX_CLOSE_CODE) {
    const detail = `disconnect.code must be from ${MIN_CLOSE_CODE} to ${MAX_CLOSE_CODE}`;
    throw new ProtocolError('badRequest', detail);
  }
  const own = Object.values(CLOSES).find((each) => each.code === code);
  const reason = close?.reason || (own?.reason ?? '');
  if (Buffer.byteLength(reason) > MAX_CLOSE_REASON_BYTES) {
    const detail = `disconnect.reason has more than ${MAX_CLOSE_REASON_BYTES} bytes`;
    throw new ProtocolError('badRequest', detail);
  }
  return { code, reason };
}

function presentData(
  field: DataField,
  text: string,
  { maxDataBytes }: ApiParts,
): JsonLine | undefined {
  const line = parseData(field, text, maxDataBytes);
  return line === 'null' ? undefined : line;
}

function toMs(seconds: number | null | undefined): number | undefined {
  return seconds ? seconds * 1000 : undefined;
}
