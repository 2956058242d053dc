import type { JsonLine, Position } from '@newswire/protocol';
import { ErrorReply } from 'redis';
import {
  IDEMPOTENCY_TTL_MS,
  offsetTtlMs,
  type HistoryLimits,
  newEpoch,
  type PublicationVersion,
} from '@newswire/broker';
import type { KnownChannel } from './known-positions.js';
import { redisRefused, toProtocolError } from './redis-faults.js';

/** A call of the script blocks Redis for all other commands, so it must be short. */
const MAX_CALL_ITEMS = 256;
const MAX_CALL_LENGTH = 1_048_576;

/** One publication in the queue or in flight. */
export interface QueuedPublication {
  readonly channel: KnownChannel;
  readonly limits: HistoryLimits;
  readonly data: JsonLine;
  /** The key of the remembered answer, if the publication has an idempotency key. */
  readonly answerKey: string | undefined;
  readonly version: PublicationVersion | undefined;
  /** The knowledge of the channel, and its epoch, when this publication was queued. */
  readonly known: string;
  readonly epoch: string;
  readonly turn: PublishTurn;
  readonly resolve: (position: Position) => void;
  readonly reject: (error: Error) => void;
}

/** The publications of one turn of the event loop. They share a time limit. */
export interface PublishTurn {
  readonly items: QueuedPublication[];
  answered: number;
  isOver: boolean;
  readonly timer: NodeJS.Timeout;
}

/** Prefixes of an item's `known` argument: its answer is remembered; it has a version. */
const REMEMBERS = '+';
const VERSIONED = '@';

/** The answer of publish.lua to one item. */
export type ScriptReply = number | string;

/** The call never left this process. */
export class NotSentError extends Error {}

/** Groups items of equal limits, in their order, into calls of bounded size. */
export function splitPublishCalls(items: readonly QueuedPublication[]): QueuedPublication[][] {
  const calls: PublishCall[] = [];
  const open = new Map<HistoryLimits, PublishCall>();
  let call: PublishCall | undefined;
  for (const item of items) {
    const { limits, data } = item;
    if (call?.limits !== limits) call = open.get(limits); // usually the limits of the previous item
    if (call === undefined || isFull(call)) {
      call = { limits, items: [], length: 0 };
      open.set(limits, call);
      calls.push(call);
    }
    call.items.push(item);
    call.length += data.length;
  }
  return calls.map((each) => each.items);
}

interface PublishCall {
  readonly limits: HistoryLimits;
  readonly items: QueuedPublication[];
  length: number;
}

function isFull({ items, length }: PublishCall): boolean {
  return items.length >= MAX_CALL_ITEMS || length >= MAX_CALL_LENGTH;
}

/** The keys and arguments of publish.lua. */
export function encodePublishCall(
  items: readonly QueuedPublication[],
  emptyEpochKey: string,
  identity: string,
): [string[], string[]] {
  const [{ limits }] = items as readonly [QueuedPublication];
  const { historySize, historyTtlMs } = limits;
  const numbers = [historySize, historyTtlMs, offsetTtlMs(limits), IDEMPOTENCY_TTL_MS];
  const keys = [emptyEpochKey];
  const answerKeys: string[] = [];
  const args = [identity, newEpoch(), String(items.length), ...numbers.map(String)];
  for (const { channel, answerKey, data, known: knowledge, version } of items) {
    keys.push(channel.metaKey, channel.logKey);
    if (answerKey !== undefined) answerKeys.push(answerKey);
    const known = version === undefined ? knowledge : `${encodeVersion(version)} ${knowledge}`;
    args.push(data, answerKey === undefined ? known : `${REMEMBERS}${known}`);
  }
  return [answerKeys.length === 0 ? keys : [...keys, ...answerKeys], args];
}

/** The epoch is free text: it must have no space in the argument. */
function encodeVersion({ number, epoch }: PublicationVersion): string {
  return `${VERSIONED}${number} ${encodeURIComponent(epoch.toWellFormed())}`;
}

/** Settles the publishers' promises. Returns the error texts of Redis. */
export function settleCall(
  items: readonly QueuedPublication[],
  replies: readonly ScriptReply[],
  identity: string,
): readonly string[] {
  const refusals: string[] = [];
  for (const [i, item] of items.entries()) {
    const reply = replies[i] ?? '-ERR no answer';
    if (typeof reply === 'string' && reply.startsWith('-')) {
      refusals.push(reply.slice(1));
      item.channel.withdraw();
      item.reject(redisRefused(reply.slice(1)));
    } else if (typeof reply === 'string' && reply.startsWith('=')) {
      const position = parsePosition(reply.slice(1));
      item.channel.recall(position);
      item.resolve(position);
    } else {
      const isInKnownEpoch = typeof reply === 'number';
      const position = isInKnownEpoch ? { offset: reply, epoch: item.epoch } : parsePosition(reply);
      item.channel.settle(position, identity);
      item.resolve(position);
    }
  }
  return refusals;
}

/** A call that Redis answered with an error, or that was never sent, has written nothing. */
export function failCall(items: readonly QueuedPublication[], error: unknown, identity = ''): void {
  const isWithout = error instanceof ErrorReply || error instanceof NotSentError;
  const answer = toProtocolError(error);
  for (const { channel, reject } of items) {
    if (isWithout) channel.withdraw();
    else channel.lose(identity);
    reject(answer);
  }
}

function parsePosition(text: string): Position {
  const end = text.indexOf(' ');
  return { offset: Number(text.slice(0, end)), epoch: text.slice(end + 1) };
}
