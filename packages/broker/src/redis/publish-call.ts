import type { JsonLine, Position } from '@newswire/protocol';
import { ErrorReply } from 'redis';
import { IDEMPOTENCY_TTL_MS, offsetTtlMs, type HistoryLimits } from '../broker.js';
import { newEpoch } from '../epoch.js';
import type { KnownChannel } from './known-positions.js';
import { redisRefused, toProtocolError } from './redis-faults.js';

/** One call of the script keeps Redis from everything else: it has to stay short. */
const MAX_CALL_ITEMS = 256;
const MAX_CALL_LENGTH = 1_048_576;

/** One publication on its way. */
export interface Item {
  readonly channel: KnownChannel;
  readonly limits: HistoryLimits;
  readonly data: JsonLine;
  /** Where the answer is remembered, if it is. */
  readonly answerKey: string | undefined;
  /** What was known of the channel, and in which epoch, when this one got in line. */
  readonly known: string;
  readonly epoch: string;
  readonly turn: Turn;
  readonly resolve: (position: Position) => void;
  readonly reject: (error: Error) => void;
}

/** What was published in one turn of the event loop: it shares a time limit. */
export interface Turn {
  readonly items: Item[];
  answered: number;
  isOver: boolean;
  readonly timer: NodeJS.Timeout;
}

/** Stands before what is known of an item's channel where the answer is remembered. */
const REMEMBERS = '+';

/** What publish.lua answers for one item. */
export type Reply = number | string;

/** The call never left this process. */
export class NotSentError extends Error {}

/** Items of equal limits together, each call of bounded size, in their order. */
export function callsOf(items: readonly Item[]): Item[][] {
  const calls: Call[] = [];
  const open = new Map<HistoryLimits, Call>();
  let call: Call | undefined;
  for (const item of items) {
    const { limits, data } = item;
    if (call?.limits !== limits) call = open.get(limits); // most have the limits of the one before
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

interface Call {
  readonly limits: HistoryLimits;
  readonly items: Item[];
  length: number;
}

function isFull({ items, length }: Call): boolean {
  return items.length >= MAX_CALL_ITEMS || length >= MAX_CALL_LENGTH;
}

/** The keys and arguments of publish.lua. */
export function wordsOf(
  items: readonly Item[],
  emptyEpochKey: string,
  identity: string,
): [string[], string[]] {
  const [{ limits }] = items as readonly [Item];
  const { historySize, historyTtlMs } = limits;
  const numbers = [historySize, historyTtlMs, offsetTtlMs(limits), IDEMPOTENCY_TTL_MS];
  const keys = [emptyEpochKey];
  const answerKeys: string[] = [];
  const args = [identity, newEpoch(), String(items.length), ...numbers.map(String)];
  for (const { channel, answerKey, data, known } of items) {
    keys.push(channel.metaKey, channel.logKey);
    if (answerKey !== undefined) answerKeys.push(answerKey);
    args.push(data, answerKey === undefined ? known : `${REMEMBERS}${known}`);
  }
  return [answerKeys.length === 0 ? keys : [...keys, ...answerKeys], args];
}

/** Answers the publishers. Returns what Redis said where it refused. */
export function settle(
  items: readonly Item[],
  replies: readonly Reply[],
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
      const position = positionOf(reply.slice(1));
      item.channel.recall(position);
      item.resolve(position);
    } else {
      const isInKnownEpoch = typeof reply === 'number';
      const position = isInKnownEpoch ? { offset: reply, epoch: item.epoch } : positionOf(reply);
      item.channel.settle(position, identity);
      item.resolve(position);
    }
  }
  return refusals;
}

/** A call that Redis answered with an error, or that was never sent, has written nothing. */
export function failAll(items: readonly Item[], error: unknown, identity = ''): void {
  const isWithout = error instanceof ErrorReply || error instanceof NotSentError;
  const answer = toProtocolError(error);
  for (const { channel, reject } of items) {
    if (isWithout) channel.withdraw();
    else channel.lose(identity);
    reject(answer);
  }
}

function positionOf(text: string): Position {
  const end = text.indexOf(' ');
  return { offset: Number(text.slice(0, end)), epoch: text.slice(end + 1) };
}
