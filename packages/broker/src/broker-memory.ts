import { isWildcard, findWildcard, type JsonLine, type Position } from '@newswire/protocol';
import {
  EMPTY_EPOCH_TTL_MS,
  IDEMPOTENCY_TTL_MS,
  type Broker,
  type BrokerHandler,
  type HistoryPage,
  type LimitsOf,
  type PublishOptions,
  newEpoch,
} from './broker.js';
import { MemoryChannelLog } from './channel-log-memory.js';
import { checkExtra } from './publication-text.js';
import { NO_PAGE, WildcardFlow } from './wildcard-flow.js';

export interface MemoryBrokerOptions {
  readonly getLimits: LimitsOf;
  /** UTF-8 bytes of data in a log; the newest publication stays even if it alone is larger. */
  readonly historyBytes: number;
  /** A clock in milliseconds, from any fixed moment. */
  readonly now?: () => number;
}

const SWEEP_INTERVAL_MS = 30_000;

/** Maximum number of remembered idempotency keys. The oldest key is removed first. */
const MAX_ANSWERS = 100_000;

/**
 * The broker of the embedded server: everything is in this process. The handler receives a
 * publication before `publish` returns, and the returned promise is already resolved. A restart
 * loses the logs; new epochs make this visible to clients.
 */
export class MemoryBroker implements Broker {
  readonly fault = undefined;
  readonly #options: MemoryBrokerOptions;
  readonly #now: () => number;
  readonly #logs = new Map<string, MemoryChannelLog>();
  readonly #handlers = new Map<string, BrokerHandler>();
  readonly #wildcards = new Map<string, WildcardFlow>();
  readonly #answered = new Map<string, { position: Position; expiresAtMs: number }>();
  readonly #sweeper: NodeJS.Timeout;
  /** The epoch of all logs without a publication, and the moment at which it ends, in ms. */
  #emptyEpoch = '';
  #emptyEpochEndMs = -Infinity;

  constructor(options: MemoryBrokerOptions) {
    this.#options = options;
    // Small integers: every publication keeps one, and a larger number would be an object on the
    // heap.
    this.#now = options.now ?? (() => Math.floor(performance.now()));
    this.#sweeper = setInterval(() => this.sweep(), SWEEP_INTERVAL_MS).unref();
  }

  async publish(channel: string, data: JsonLine, options: PublishOptions = {}): Promise<Position> {
    checkExtra(options);
    const nowMs = this.#now();
    const key = options.idempotencyKey && `${channel} ${options.idempotencyKey}`;
    const answered = key ? this.#answered.get(key) : undefined;
    if (answered !== undefined && answered.expiresAtMs > nowMs) {
      return answered.position;
    }
    const log = this.#logs.get(channel) ?? this.#newLog(channel, nowMs);
    if (options.version !== undefined && log.supersedes(options.version)) {
      if (key) this.#remember(key, log.position, nowMs);
      return log.position;
    }
    const publication = log.append(data, nowMs, options);
    const { epoch, firstOffset } = log.generation;
    const { offset } = publication;
    const position = { offset, epoch };
    if (key) this.#remember(key, position, nowMs);
    const begins = offset === firstOffset ? log.generation : undefined;
    this.#handlers.get(channel)?.handlePublication(channel, publication, epoch, begins);
    if (this.#wildcards.size > 0) {
      this.#wildcards.get(findWildcard(channel) ?? '')?.receive(channel, publication);
    }
    return position;
  }

  subscribe(channel: string, handler: BrokerHandler): Promise<void> {
    if (isWildcard(channel)) this.#wildcards.set(channel, new WildcardFlow(channel, handler));
    else this.#handlers.set(channel, handler);
    return Promise.resolve();
  }

  unsubscribe(channel: string): Promise<void> {
    this.#handlers.delete(channel);
    this.#wildcards.delete(channel);
    return Promise.resolve();
  }

  history(channel: string, sinceOffset: number, limit: number): Promise<HistoryPage> {
    if (isWildcard(channel)) return Promise.resolve(this.#wildcards.get(channel)?.page ?? NO_PAGE);
    const nowMs = this.#now();
    const page = this.#logs.get(channel)?.page(sinceOffset, limit, nowMs);
    return Promise.resolve(page ?? this.#emptyPage(nowMs));
  }

  removeHistory(channel: string): Promise<void> {
    const upTo = this.#logs.get(channel)?.clear();
    if (upTo !== undefined) this.#handlers.get(channel)?.handleRemoval(channel, upTo);
    return Promise.resolve();
  }

  close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#handlers.clear();
    this.#wildcards.clear();
    return Promise.resolve();
  }

  /**
   * Removes expired idempotency keys, outdated publications and forgotten logs. Runs every 30 s.
   */
  sweep(): void {
    const nowMs = this.#now();
    for (const [key, { expiresAtMs }] of this.#answered) {
      if (expiresAtMs <= nowMs) this.#answered.delete(key);
    }
    for (const [channel, log] of this.#logs) {
      log.trim(nowMs);
      // The epoch of a channel with a subscriber must not change: the subscriber would be notified
      // of a gap.
      if (log.isForgotten(nowMs) && !this.#handlers.has(channel)) this.#logs.delete(channel);
    }
  }

  #remember(key: string, position: Position, nowMs: number): void {
    this.#answered.set(key, { position, expiresAtMs: nowMs + IDEMPOTENCY_TTL_MS });
    if (this.#answered.size <= MAX_ANSWERS) return;
    const { value: oldest } = this.#answered.keys().next();
    if (oldest !== undefined) this.#answered.delete(oldest);
  }

  #newLog(channel: string, nowMs: number): MemoryChannelLog {
    const { getLimits, historyBytes } = this.#options;
    const epoch = this.#currentEmptyEpoch(nowMs);
    const log = new MemoryChannelLog({ ...getLimits(channel), historyBytes }, epoch);
    this.#logs.set(channel, log);
    return log;
  }

  #emptyPage(nowMs: number): HistoryPage {
    const generation = {
      epoch: this.#currentEmptyEpoch(nowMs),
      firstOffset: 1,
      follows: undefined,
    };
    return { publications: [], agesMs: [], topOffset: 0, generation };
  }

  #currentEmptyEpoch(nowMs: number): string {
    if (nowMs >= this.#emptyEpochEndMs) {
      this.#emptyEpoch = newEpoch();
      this.#emptyEpochEndMs = nowMs + EMPTY_EPOCH_TTL_MS;
    }
    return this.#emptyEpoch;
  }
}
