import { callApi } from '../api-client.js';
import { Ledger } from '../ledger/index.js';
import { until } from '../until.js';
import { openRaw, openWs } from '../protocol/index.js';
import { buildFigures, type LoadFigures } from './load-figures.js';
import {
  CentrifugeLoadClient,
  SeedLoadClient,
  type LoadClient,
  type LoadClientContext,
} from './load-client.js';
import { LoadStatistics } from './load-statistics.js';
import { nowMs } from './payload.js';
import { Publisher, type PublisherFigures } from './publisher.js';
import { seededRandom } from './random.js';

export interface LoadOptions {
  /** The URL of center's HTTP API, like http://127.0.0.1:9900. */
  readonly apiUrl: string;
  /** The clients use these URLs in turn. */
  readonly webSocketUrls: readonly string[];
  readonly channelCount: number;
  readonly clientCount: number;
  /** Number of further clients that use the seed protocol. */
  readonly seedCount?: number;
  /** Number of further clients that read no faster than `slowBytesPerSecond`. */
  readonly slowCount?: number;
  readonly slowBytesPerSecond?: number;
  readonly padBytes?: number;
  readonly maxPending?: number;
  readonly seed: number;
  readonly socket?: 'raw' | 'ws';
}

export type ClientKind = 'clients' | 'slow' | 'seeds';

const CUT_TICK_MS = 20;
const MAX_PENDING = 500;

/** Publishers and thousands of clients in one process, and the ledger that judges them. */
export class Load {
  readonly #options: LoadOptions;
  readonly #ledger = new Ledger();
  readonly #random: () => number;
  readonly #publisher: Publisher;
  readonly #statistics = {
    clients: new LoadStatistics(),
    slow: new LoadStatistics(),
    seeds: new LoadStatistics(),
  };
  readonly #clients: Record<ClientKind, LoadClient[]>;
  #cutter: NodeJS.Timeout | undefined;
  #isHurrying = false;

  constructor(options: LoadOptions) {
    const { apiUrl, maxPending = MAX_PENDING, padBytes = 0, seed } = options;
    this.#options = options;
    this.#random = seededRandom(seed);
    const channels = Array.from({ length: options.channelCount }, (_, i) => `channel-${i}`);
    const [ledger, random, name] = [this.#ledger, this.#random, `load-${seed}`];
    const publishing = { url: apiUrl, channels, ledger, maxPending, padBytes, random, name };
    this.#publisher = new Publisher(publishing);
    const { clientCount, slowCount = 0, seedCount = 0 } = options;
    this.#clients = {
      clients: this.#create('clients', clientCount, channels),
      slow: this.#create('slow', slowCount, channels),
      seeds: this.#create('seeds', seedCount, channels),
    };
  }

  /** Opens all clients, spread evenly over that time. Resolves when all are subscribed. */
  async connect(withinMs: number, timeoutMs: number): Promise<void> {
    const all = this.#all();
    for (const [i, client] of all.entries()) {
      setTimeout(() => client.connect(), (withinMs * i) / all.length);
    }
    await this.live(timeoutMs);
  }

  /** Resolves when all clients are subscribed and the servers count them all. */
  async live(timeoutMs: number): Promise<void> {
    const all = this.#all();
    const notLive = () => all.filter(({ isLive }) => !isLive).length;
    await until('all clients to be subscribed', () => notLive() === 0, timeoutMs).catch(() => {
      throw new Error(`${notLive()} of ${all.length} clients are not subscribed`);
    });
    await until('the servers to agree', () => this.#isCounted(all.length), timeoutMs);
  }

  publish(perSecond: number): void {
    this.#publisher.start(perSecond);
  }

  async stopPublishing(timeoutMs: number): Promise<PublisherFigures> {
    await this.#publisher.stop(timeoutMs);
    return this.#publisher.figures();
  }

  /** Cuts this number of random connections a second, until called with another number. */
  cutting(perSecond: number): void {
    clearInterval(this.#cutter);
    const clients = [...this.#clients.clients, ...this.#clients.seeds];
    const startMs = nowMs();
    let done = 0;
    this.#cutter = setInterval(() => {
      for (; done < ((nowMs() - startMs) / 1000) * perSecond; done++) {
        clients[Math.floor(this.#random() * clients.length)]?.cut();
      }
    }, CUT_TICK_MS);
  }

  /**
   * Cuts all clients with positions together. Each comes back at a random moment within that time.
   */
  storm(withinMs: number): void {
    for (const client of this.#clients.clients) client.cut(this.#random() * withinMs);
  }

  /** Discards all latencies, and starts or stops measuring them. */
  timing(isTiming: boolean): void {
    for (const statistics of Object.values(this.#statistics)) statistics.time(isTiming);
  }

  /** From now on, slow clients read as fast as they can. */
  hurry(): void {
    this.#isHurrying = true;
  }

  /**
   * Waits until all clients have all accepted publications. Resolves with the time it took, in ms.
   */
  async caughtUp(timeoutMs: number): Promise<{ readonly ms: number; readonly behind: number }> {
    const startMs = nowMs();
    const everybody = until('all to catch up', () => this.#ledger.behind() === 0, timeoutMs);
    await everybody.catch(() => undefined); // a lagging client is judged: it lost something
    return { ms: Math.round(nowMs() - startMs), behind: this.#ledger.behind() };
  }

  figures(): LoadFigures {
    const { clients, slow, seeds } = this.#statistics;
    return buildFigures(this.#ledger.verdict(), this.#publisher.figures(), {
      clients,
      slow,
      seeds,
    });
  }

  /** Describes a channel and its subscriptions as text. */
  describe(channel: string): string[] {
    return this.#ledger.describe(channel);
  }

  close(): void {
    clearInterval(this.#cutter);
    this.#publisher.close();
    for (const client of this.#all()) client.close();
  }

  #all(): LoadClient[] {
    return Object.values(this.#clients).flat();
  }

  #create(kind: ClientKind, count: number, channels: readonly string[]): LoadClient[] {
    return Array.from({ length: count }, (_, i) => {
      const channel = channels[i % channels.length] ?? '';
      const context = this.#context(kind, i);
      const name = `${kind} ${i}`;
      if (kind === 'seeds') {
        return new SeedLoadClient(this.#ledger.seedSubscription(name, channel), context);
      }
      return new CentrifugeLoadClient(this.#ledger.subscription(name, channel), context);
    });
  }

  #context(kind: ClientKind, index: number): LoadClientContext {
    const { webSocketUrls, slowBytesPerSecond = Infinity, socket = 'raw' } = this.#options;
    const url =
      webSocketUrls[Math.floor(index / this.#options.channelCount) % webSocketUrls.length];
    const bytesPerSecond = () => (this.#isHurrying ? Infinity : slowBytesPerSecond);
    const slow = { readBytes: 4096, bytesPerSecond };
    const open = socket === 'ws' ? openWs : openRaw(kind === 'slow' ? slow : {});
    const statistics = this.#statistics[kind];
    return { statistics, random: this.#random, open, url: () => url ?? '' };
  }

  /** Whether the API counts all subscribers. */
  async #isCounted(count: number): Promise<boolean> {
    const answer = (await callApi(this.#options.apiUrl, 'channels', {}).catch(() => ({}))) as {
      result?: { channels: Record<string, { num_clients: number }> };
    };
    const channels = Object.values(answer.result?.channels ?? {});
    return channels.reduce((sum, { num_clients }) => sum + num_clients, 0) === count;
  }
}
