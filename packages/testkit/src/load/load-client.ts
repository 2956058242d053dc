import type { Position } from '@newswire/protocol';
import type { SubscriptionLog, Token } from '../ledger/index.js';
import {
  CentrifugeClient,
  SeedSubscriber,
  type CentrifugeObserver,
  type OpenSocket,
  type SeedObserver,
  type SubscribeResult,
} from '../protocol/index.js';
import type { SeedLog } from '../ledger/index.js';
import type { LoadStatistics } from './load-statistics.js';
import { nowMs, readSentMs, readToken } from './payload.js';

/** The objects that all clients of a load share. */
export interface LoadClientContext {
  readonly statistics: LoadStatistics;
  readonly random: () => number;
  readonly open: OpenSocket;
  readonly url: () => string;
}

/** A client of either protocol, on one channel, that records everything it receives. */
export interface LoadClient {
  readonly isLive: boolean;
  connect(): void;
  /** Cuts the connection. The client reconnects by itself, immediately or after `afterMs`. */
  cut(afterMs?: number): void;
  close(): void;
}

/** The position at which a subscriber has caught up. */
interface Target {
  readonly sinceMs: number;
  readonly isAt: (offset: number) => boolean;
}

export class CentrifugeLoadClient implements LoadClient, CentrifugeObserver {
  readonly client: CentrifugeClient;
  readonly #log: SubscriptionLog;
  readonly #statistics: LoadStatistics;
  /** Why the client has to subscribe again, and since when. */
  #cause = 'in place';
  #lostMs: number | undefined;
  #target: Target | undefined;

  constructor(log: SubscriptionLog, context: LoadClientContext) {
    this.#log = log;
    this.#statistics = context.statistics;
    this.client = new CentrifugeClient({
      ...context,
      channels: [log.history.name],
      observer: this,
    });
  }

  get isLive(): boolean {
    return this.client.isLive;
  }

  connect(): void {
    this.client.connect();
  }

  cut(afterMs?: number): void {
    this.client.cut(afterMs);
  }

  close(): void {
    this.client.close();
  }

  onSubscribed(_channel: string, result: SubscribeResult, asked: Position | undefined): void {
    const { epoch = '', offset = 0, recovered = false } = result;
    const atMs = nowMs();
    this.#log.subscribed({ epoch, offset, recovered }, asked, { cause: this.#cause, atMs });
    if (asked === undefined) this.#statistics.count('subscribed afresh');
    else this.#statistics.count(`recovered: ${recovered}`);
    if (recovered && asked?.epoch !== epoch)
      this.#statistics.count('recovered into another generation');
    if (this.#lostMs !== undefined) this.#aim(this.#lostMs, epoch, recovered ? 0 : offset);
    this.#lostMs = undefined;
    this.#cause = 'in place';
  }

  onPublication(_channel: string, offset: number, data: string): void {
    const token: Token = readToken(data, 1);
    this.#log.delivered(offset, token);
    if (this.#target?.isAt(offset)) this.#arrive(this.#target.sinceMs);
    if (this.#statistics.isTiming) this.#statistics.latencies.add(nowMs() - readSentMs(data));
  }

  onUnsubscribed(_channel: string, code: number): void {
    this.#statistics.count(`unsubscribe ${code}`);
    this.#lose();
  }

  onError(code: number): void {
    this.#statistics.count(`error ${code}`);
  }

  onDisconnected(code: number | 'cut' | 'timeout'): void {
    this.#statistics.count(`disconnect ${code}`);
    // Failed attempts to come back are not causes of their own.
    if (this.#lostMs === undefined || this.#cause === 'in place') this.#cause = String(code);
    this.#lose();
  }

  #lose(): void {
    this.#lostMs ??= nowMs();
  }

  /** It has caught up when it has every publication known when its subscription came back. */
  #aim(sinceMs: number, epoch: string, from: number): void {
    this.#statistics.outages.add(nowMs() - sinceMs);
    const { top } = this.#log.history;
    if (top === undefined || top.generation.epoch !== epoch || top.offset <= from) {
      return this.#arrive(sinceMs);
    }
    this.#target = { sinceMs, isAt: (offset) => offset >= top.offset };
    return undefined;
  }

  #arrive(sinceMs: number): void {
    this.#statistics.catchUps.add(nowMs() - sinceMs);
    this.#target = undefined;
  }
}

export class SeedLoadClient implements LoadClient, SeedObserver {
  readonly #subscriber: SeedSubscriber;
  readonly #log: SeedLog;
  readonly #statistics: LoadStatistics;

  constructor(log: SeedLog, context: LoadClientContext) {
    this.#log = log;
    this.#statistics = context.statistics;
    const channels = [log.history.name];
    this.#subscriber = new SeedSubscriber({ ...context, channels, observer: this });
  }

  get isLive(): boolean {
    return this.#log.isOpen;
  }

  connect(): void {
    this.#subscriber.connect();
  }

  cut(): void {
    this.#subscriber.cut();
  }

  close(): void {
    this.#subscriber.close();
  }

  onOpen(): void {
    this.#log.opened();
  }

  onText(text: string): void {
    if (text.startsWith('error#')) this.#statistics.count(`seed ${text}`);
    else this.#log.delivered(readToken(text, 0));
  }

  onDisconnected(code: number | 'cut'): void {
    this.#log.closed();
    this.#statistics.count(`seed disconnect ${code}`);
  }
}
