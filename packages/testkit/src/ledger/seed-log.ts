import type { ChannelHistory } from './channel-history.js';
import type { Token } from './known-generation.js';
import type { Timeline } from './timeline.js';
import type { SubscriptionVerdict } from './judge.js';

/**
 * The deliveries to one seed-protocol subscriber on one channel. That protocol has no positions, so each
 * connection is judged separately, from its first delivery on. Only a connection that is open at
 * the end must have received the last publication.
 */
export class SeedLog {
  readonly subscriber: string;
  readonly history: ChannelHistory;
  readonly connections: Token[][] = [];
  isOpen = false;

  constructor(subscriber: string, history: ChannelHistory) {
    this.subscriber = subscriber;
    this.history = history;
  }

  opened(): void {
    this.isOpen = true;
    this.connections.push([]);
  }

  delivered(token: Token): void {
    this.connections.at(-1)?.push(token);
  }

  closed(): void {
    this.isOpen = false;
  }

  /** Whether the token is among the last deliveries of the connection. */
  hasLately(token: Token): boolean {
    return this.connections.at(-1)?.slice(-LATELY).includes(token) ?? false;
  }
}

const LATELY = 100;

interface Counts {
  lost: number;
  doubled: number;
  reordered: number;
  readonly details: string[];
}

/** Judges every connection of a seed-protocol subscriber. */
export function judgeSeed(log: SeedLog, timeline: Timeline): SubscriptionVerdict {
  const counts: Counts = { lost: 0, doubled: 0, reordered: 0, details: [] };
  let delivered = 0;
  for (const [i, tokens] of log.connections.entries()) {
    delivered += tokens.length;
    const isOpen = log.isOpen && i === log.connections.length - 1;
    judgeConnection(tokens, isOpen, log.history, timeline, counts);
  }
  const { subscriber, history } = log;
  return { subscriber, channel: history.name, delivered, skipped: 0, gaps: [], ...counts };
}

/**
 * A publication that was retried may arrive at the place of its first attempt, or twice. It only
 * has to arrive. All others must arrive once, in the order of the log.
 */
function judgeConnection(
  tokens: readonly Token[],
  isOpen: boolean,
  history: ChannelHistory,
  timeline: Timeline,
  counts: Counts,
): void {
  const given = new Set<Token>();
  let first: number | undefined;
  let next = 0;
  for (const token of tokens) {
    const index = timeline.indexOf(token);
    const isRepeat = given.has(token);
    given.add(token);
    if (index === undefined || history.hasFailed(token)) continue;
    first ??= index;
    if (isRepeat) note(counts, 'doubled', token);
    else if (index < next) note(counts, 'reordered', token);
    next = Math.max(next, index + 1);
  }
  const end = isOpen ? timeline.length : next;
  for (let index = first ?? end; index < end; index++) {
    const token = timeline.tokens[index];
    if (token !== undefined && !given.has(token)) note(counts, 'lost', token);
  }
}

function note(counts: Counts, fault: 'lost' | 'doubled' | 'reordered', token: Token): void {
  counts[fault]++;
  if (counts.details.length < MAX_DETAILS) counts.details.push(`${fault} token ${token}`);
}

const MAX_DETAILS = 5;
