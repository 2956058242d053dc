import type { PresenceChannel } from './presence-channel.js';
import { splitPresenceCalls, encodePresenceCall, type Entry } from './presence-calls.js';
import { withTimeout } from './redis-faults.js';
import type { RedisLink } from './redis-link.js';
import { RedisScript } from './redis-script.js';

export interface PresenceWriterOptions {
  /** The duration of a presence lease, in ms. */
  readonly presenceLeaseMs: number;
  /** A request fails if Redis has not answered within this time, in ms. */
  readonly publishTimeoutMs: number;
}

/** The time between two attempts to write changes that failed. */
const RETRY_INTERVAL_MS = 1000;

/**
 * Writes this edge's members to Redis: all changes of a tick together, one round after another.
 * Leases are renewed three times per lease duration. Failed changes are written again.
 */
export class PresenceWriter {
  readonly #link: RedisLink;
  readonly #options: PresenceWriterOptions;
  readonly #edge: string;
  readonly #script = new RedisScript('presence-write.lua');
  readonly #dirty = new Set<PresenceChannel>();
  /** The round that has not started yet, and the round before it. */
  #next: Promise<void> | undefined;
  #last: Promise<void> | undefined;
  #isSweeping = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(link: RedisLink, edge: string, options: PresenceWriterOptions) {
    this.#link = link;
    this.#edge = edge;
    this.#options = options;
  }

  /**
   * Resolves when all changes so far are written, or when the attempt failed; it is then repeated
   * later.
   */
  tell(channels: Iterable<PresenceChannel>): Promise<void> {
    for (const channel of channels) this.#dirty.add(channel);
    return (this.#next ??= this.#nextRound());
  }

  /**
   * Renews the leases on these channels; `isSweeping`: also ends leases of other edges that have
   * run out.
   */
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
    const calls = splitPresenceCalls(entries).map((call) => this.#call(call, isSweeping));
    const failed = (await Promise.all(calls)).flat();
    // The changes that are given back last come first.
    for (const { channel, changes } of failed.toReversed()) {
      channel.giveBack(changes);
      if (channel.hasUntold) this.#dirty.add(channel);
    }
    for (const channel of channels) channel.isBeingTold = false;
    if (this.#dirty.size > 0) this.#retryLater();
  }

  /** Resolves with the entries that were not written, or may not have been. */
  async #call(call: readonly Entry[], isSweeping: boolean): Promise<readonly Entry[]> {
    const { identity, commands, names } = this.#link;
    try {
      if (identity === undefined) return call;
      const { presenceLeaseMs, publishTimeoutMs } = this.#options;
      const [keys, args] = encodePresenceCall(call, names, this.#edge, presenceLeaseMs, isSweeping);
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

  /** Whether the changes were written. */
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
