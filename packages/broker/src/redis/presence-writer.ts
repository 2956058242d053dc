import type { PresenceChannel } from './presence-channel.js';
import { presenceCallsOf, presenceWordsOf, type Entry } from './presence-calls.js';
import { withTimeout } from './redis-faults.js';
import type { RedisLink } from './redis-link.js';
import { RedisScript } from './redis-script.js';

export interface PresenceWriterOptions {
  /** How long an edge's word holds, in ms. */
  readonly presenceLeaseMs: number;
  /** A request that Redis has not answered by then fails, in ms. */
  readonly publishTimeoutMs: number;
}

/** Between two tries to tell what could not be told. */
const RETRY_INTERVAL_MS = 1000;

/**
 * Tells Redis of this edge's members: a tick's changes together, one round after another; leases
 * three times a lease. What fails is told again.
 */
export class PresenceWriter {
  readonly #link: RedisLink;
  readonly #options: PresenceWriterOptions;
  readonly #edge: string;
  readonly #script = new RedisScript('presence-write.lua');
  readonly #dirty = new Set<PresenceChannel>();
  /** The round that is not under way yet, and the one before. */
  #next: Promise<void> | undefined;
  #last: Promise<void> | undefined;
  #isSweeping = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(link: RedisLink, edge: string, options: PresenceWriterOptions) {
    this.#link = link;
    this.#edge = edge;
    this.#options = options;
  }

  /** Resolves when the store has been told of all so far, or could not be: it will be, later. */
  tell(channels: Iterable<PresenceChannel>): Promise<void> {
    for (const channel of channels) this.#dirty.add(channel);
    return (this.#next ??= this.#nextRound());
  }

  /** Renews the leases there; `isSweeping`: also ends those of edges that are gone. */
  renew(channels: readonly PresenceChannel[], isSweeping: boolean): Promise<void> {
    this.#isSweeping ||= isSweeping;
    return this.tell(channels);
  }

  close(): void {
    clearTimeout(this.#retry);
  }

  async #nextRound(): Promise<void> {
    await this.#last;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    const channels = [...this.#dirty];
    const isSweeping = this.#isSweeping;
    this.#dirty.clear();
    this.#isSweeping = false;
    this.#next = undefined;
    this.#last = this.#send(channels, isSweeping);
    await this.#last;
  }

  async #send(channels: readonly PresenceChannel[], isSweeping: boolean): Promise<void> {
    const entries = channels.map((channel) => ({ channel, changes: channel.take() }));
    const calls = presenceCallsOf(entries).map((call) => this.#call(call, isSweeping));
    const failed = (await Promise.all(calls)).flat();
    // What is given back last comes first.
    for (const { channel, changes } of failed.toReversed()) {
      channel.giveBack(changes);
      if (channel.hasUntold) this.#dirty.add(channel);
    }
    for (const channel of channels) channel.isBeingTold = false;
    if (this.#dirty.size > 0) this.#retryLater();
  }

  /** Resolves with what the store was not told, or may not have been. */
  async #call(call: readonly Entry[], isSweeping: boolean): Promise<readonly Entry[]> {
    const { identity, commands, names } = this.#link;
    try {
      if (identity === undefined) return call;
      const { presenceLeaseMs, publishTimeoutMs } = this.#options;
      const [keys, args] = presenceWordsOf(call, names, this.#edge, presenceLeaseMs, isSweeping);
      const reply = this.#script.run(commands, keys, args);
      const answers = (await withTimeout(reply, publishTimeoutMs)) as string[];
      const refusals = answers.filter((answer) => answer.startsWith('-'));
      this.#link.handleRefusals(refusals.map((answer) => answer.slice(1)));
      return call.filter(({ channel }, i) => !this.#settle(channel, answers[i] ?? '-ERR'));
    } catch (error) {
      this.#link.handleRefusals([error]);
      return call;
    }
  }

  /** Whether the store has been told. */
  #settle(channel: PresenceChannel, answer: string): boolean {
    if (answer.startsWith('-')) return false;
    if (answer === 'ok') {
      channel.wasTold = channel.hasMembers;
    } else {
      channel.retell(answer === 'ended');
      void this.tell([channel]);
    }
    return true;
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      if (this.#link.identity === undefined) return this.#retryLater();
      void this.tell([]);
    }, RETRY_INTERVAL_MS).unref();
  }
}
