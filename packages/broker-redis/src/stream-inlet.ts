import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient, RedisLink } from './redis-link.js';

/** An entry of the inlet's stream: what `XADD news-inlet * FIELD VALUE …` wrote. */
export interface InletEntry {
  /** Unique in the stream, for example `1700000000000-0`. */
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface StreamInletOptions {
  /**
   * Publishes an entry. Resolves when the entry is published or can never be. A rejection is
   * temporary: the entry, and those of its channel after it, are tried again.
   */
  readonly handle: (entry: InletEntry) => Promise<void>;
  /** Called with the error that keeps the inlet closed, repeatedly, and with undefined once it is open. */
  readonly onChange: (error: Error | undefined) => void;
  readonly retryDelayMs: (attempt: number) => number;
}

const GROUP = 'newswire';
/** Entries of one read. */
const COUNT = 256;
/** Less than the silence after which the client gives up a connection. */
const BLOCK_MS = 2000;
/** Entries that another process has read and not acknowledged for so long are taken over. */
const CLAIM_IDLE_MS = 1000;
const CLAIM_EVERY_MS = 5000;
/** At the start, for so long other processes may acknowledge what they have read before. */
const SETTLE_MS = 5000;
/** A process without unacknowledged entries that has read nothing for so long is forgotten. */
const FORGET_IDLE_MS = 600_000;

/**
 * Reads a Redis stream as one of a consumer group. Entries of one channel are handled in order, and
 * deleted when all of a read are handled. What this process had read when it ended, another one, or
 * the same after its restart, handles first; so an entry may be handled twice.
 */
export class RedisStreamInlet {
  readonly #client: RedisClient;
  readonly #key: string;
  readonly #consumer = randomUUID();
  readonly #options: StreamInletOptions;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;

  constructor(link: Pick<RedisLink, 'commands' | 'names'>, options: StreamInletOptions) {
    this.#options = options;
    this.#key = link.names.inletStream;
    // A blocking read would hold up every other command of its connection.
    this.#client = link.commands.duplicate();
    this.#client.on('error', (error: Error) => options.onChange(error));
    // Resolves once Redis is there, and rejects only if it is closed before.
    this.#running = this.#client.connect().then(
      () => this.#run(),
      () => undefined,
    );
  }

  /** Resolves when the entries that were read are handled, or are left to another process. */
  async close(): Promise<void> {
    this.#ending.abort();
    if (this.#client.isOpen && !this.#client.isReady) this.#client.destroy();
    await this.#running;
    if (this.#client.isOpen) this.#client.destroy();
  }

  get #isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  async #run(): Promise<void> {
    for (let attempt = 0; !this.#isEnding; attempt++) {
      try {
        await this.#open();
        attempt = 0;
        await this.#readAll();
      } catch (error) {
        if (this.#client.isReady) this.#options.onChange(error as Error);
        await this.#wait(attempt);
      }
    }
  }

  async #open(): Promise<void> {
    try {
      await this.#client.xGroupCreate(this.#key, GROUP, '0', { MKSTREAM: true });
    } catch (error) {
      if (!(error as Error).message.startsWith('BUSYGROUP')) throw error;
    }
    await this.#handleOwn();
    const endMs = performance.now() + SETTLE_MS;
    while (!this.#isEnding && performance.now() < endMs) {
      await this.#claim();
      const { pending } = await this.#client.xPending(this.#key, GROUP);
      if (pending === 0) break;
      await this.#wait(0);
    }
    this.#options.onChange(undefined);
  }

  async #readAll(): Promise<void> {
    let claimAtMs = performance.now() + CLAIM_EVERY_MS;
    while (!this.#isEnding) {
      await this.#handleAll(await this.#read('>'));
      if (performance.now() < claimAtMs) continue;
      await this.#claim();
      await this.#forgetConsumers();
      claimAtMs = performance.now() + CLAIM_EVERY_MS;
    }
  }

  /** Handles the entries that this process has read before an error. */
  async #handleOwn(): Promise<void> {
    for (;;) {
      const entries = await this.#read('0');
      if (entries.length === 0 || this.#isEnding) return;
      await this.#handleAll(entries);
    }
  }

  async #read(from: '0' | '>'): Promise<readonly InletEntry[]> {
    const streams = await this.#client.xReadGroup(
      GROUP,
      this.#consumer,
      { key: this.#key, id: from },
      from === '>' ? { COUNT, BLOCK: BLOCK_MS } : { COUNT },
    );
    const messages = (
      streams as readonly { readonly messages: readonly StreamMessage[] }[] | null
    )?.[0];
    return toEntries(messages?.messages ?? []);
  }

  /** Takes over what processes that have ended had read. */
  async #claim(): Promise<void> {
    for (let from = '0-0'; !this.#isEnding;) {
      const { nextId, messages } = await this.#client.xAutoClaim(
        this.#key,
        GROUP,
        this.#consumer,
        CLAIM_IDLE_MS,
        from,
        { COUNT },
      );
      await this.#handleAll(toEntries(messages));
      if (nextId === '0-0') return;
      from = nextId;
    }
  }

  async #handleAll(entries: readonly InletEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const byChannel = new Map<string, InletEntry[]>();
    for (const entry of entries) {
      const channel = entry.fields['channel'] ?? '';
      const own = byChannel.get(channel);
      if (own === undefined) byChannel.set(channel, [entry]);
      else own.push(entry);
    }
    const handled = await Promise.all(
      [...byChannel.values()].map((own) => this.#handleInOrder(own)),
    );
    const ids = handled.flat();
    if (ids.length === 0) return;
    await this.#client.multi().xAck(this.#key, GROUP, ids).xDel(this.#key, ids).exec();
  }

  /** Resolves with the ids of the handled entries: of all, unless the process ends. */
  async #handleInOrder(entries: readonly InletEntry[]): Promise<string[]> {
    const ids: string[] = [];
    for (const entry of entries) {
      for (let attempt = 0; ; attempt++) {
        if (this.#isEnding) return ids;
        const isHandled = await this.#options.handle(entry).then(
          () => true,
          () => false,
        );
        if (isHandled) break;
        await this.#wait(attempt);
      }
      ids.push(entry.id);
    }
    return ids;
  }

  async #forgetConsumers(): Promise<void> {
    const consumers = await this.#client.xInfoConsumers(this.#key, GROUP);
    for (const { name, pending, idle } of consumers) {
      if (pending > 0 || idle < FORGET_IDLE_MS) continue;
      await this.#client.xGroupDelConsumer(this.#key, GROUP, name);
    }
  }

  async #wait(attempt: number): Promise<void> {
    const { signal } = this.#ending;
    await delay(this.#options.retryDelayMs(attempt), undefined, { signal }).catch(() => undefined);
  }
}

interface StreamMessage {
  readonly id: string;
  readonly message: Readonly<Record<string, string>>;
}

/** A claimed entry that was deleted meanwhile is null. */
function toEntries(messages: readonly (StreamMessage | null)[]): InletEntry[] {
  return messages.flatMap((each) => (each ? [{ id: each.id, fields: each.message }] : []));
}
