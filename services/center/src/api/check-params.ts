import {
  checkChannelName,
  checkChannelOrWildcard,
  describeIssue,
  isRecord,
  isWildcard,
  ProtocolError,
} from '@newswire/protocol';
import type { z } from 'zod';
import type { ApiParts } from './api-method.js';
import type { MethodShape } from './shapes/method-shape.js';

/**
 * Returns the parameters in their type. Throws 107 with one sentence about the first fault, 106 for
 * a list that is too long, 108 for a field of Centrifugo's that would change the effect.
 */
export function checkParams<P>(shape: MethodShape<P>, params: unknown): P {
  const result = shape.params.safeParse(params);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys' && issue.path.length === 0 && isRecord(params)) {
    return checkParams(shape, withoutEmpty(params, issue.keys, shape.notOffered ?? {}));
  }
  throw issue === undefined
    ? new ProtocolError('badRequest', 'unknown fields')
    : toProtocolError(issue);
}

/** Throws error 107 for an invalid channel name, 102 for an unknown namespace. */
export function checkChannel(channel: string, { getOptions }: Pick<ApiParts, 'getOptions'>): void {
  checkChannelName(channel);
  getOptions(channel);
}

/** The same for subscriptions; also throws 103 for a wildcard that the namespace does not allow. */
export function checkSubscribable(
  channel: string,
  { getOptions }: Pick<ApiParts, 'getOptions'>,
): void {
  checkChannelOrWildcard(channel);
  const { wildcard } = getOptions(channel);
  if (wildcard || !isWildcard(channel)) return;
  throw new ProtocolError('permissionDenied', 'this namespace has no wildcard');
}

type Fields = Readonly<Record<string, unknown>>;

/** Libraries also send fields that their caller left empty; these request nothing. */
function withoutEmpty(
  params: Fields,
  keys: readonly string[],
  notOffered: Readonly<Record<string, string>>,
): Fields {
  const unknown = keys.filter((key) => params[key] !== null && !Object.hasOwn(notOffered, key));
  if (unknown.length > 0) throw noField(unknown);
  const wanted = keys.find((key) => !isEmpty(params[key]));
  if (wanted !== undefined) throw new ProtocolError('notAvailable', notOffered[wanted]);
  return Object.fromEntries(Object.entries(params).filter(([key]) => !keys.includes(key)));
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === null || value === '' || value === 0 || value === false;
}

function toProtocolError(issue: z.core.$ZodIssue): ProtocolError {
  if (issue.code === 'unrecognized_keys') return noField(issue.keys, issue.path);
  const fault = describeIssue(issue, 'the body');
  const isLongList = issue.code === 'too_big' && issue.origin === 'array';
  return isLongList ? new ProtocolError('limitExceeded', fault) : badRequest(fault);
}

function noField(keys: readonly string[], path: readonly PropertyKey[] = []): ProtocolError {
  const within = path.length === 0 ? '' : ` in ${path.join('.')}`;
  const names = keys.slice(0, MAX_NAMES).join(', ').slice(0, MAX_NAMES_LENGTH);
  return badRequest(`unknown field ${names}${within}`);
}

/** A request may have any number of wrong fields of any length, so an answer shows only some. */
const MAX_NAMES = 8;
const MAX_NAMES_LENGTH = 256;

function badRequest(detail: string): ProtocolError {
  return new ProtocolError('badRequest', detail);
}
