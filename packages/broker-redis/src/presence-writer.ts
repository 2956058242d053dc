import type { PresenceChannel, MemberChange } from './presence-channel.js';
import { withTimeout } from './redis-faults.js';
import type { RedisLink } from './redis-link.js';
import { RedisScript } from './redis-script.js';
import type { RedisNames } from './redis-names.js';

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
  write(channels: Iterable<PresenceChannel>): Promise<void> {
    for (const channel of channels) this.#dirty.add(channel);
    return (this.#next ??= this.#nextRound());
  }

  /**
   * Renews the leases on these channels; `isSweeping`: also ends leases of other edges that have
   * run out.
   */
  renew(channels: readonly PresenceChannel[], isSweeping: boolean): Promise<void> {
    this.#isSweeping ||= isSweeping;
    return this.write(channels);
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
      if (channel.hasUnwritten) this.#dirty.add(channel);
    }
    for (const channel of channels) channel.isBeingWritten = false;
    if (this.#dirty.size > 0) this.#retryLater();
  }

  /** Resolves with the entries that were not written, or may not have been. */
  async #call(
    call: readonly ChannelChanges[],
    isSweeping: boolean,
  ): Promise<readonly ChannelChanges[]> {
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
      channel.isStored = channel.hasMembers;
    } else {
      channel.rewrite(answer === 'ended');
      void this.write([channel]);
    }
    return true;
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      if (this.#link.identity === undefined) return this.#retryLater();
      void this.write([]);
    }, RETRY_INTERVAL_MS).unref();
  }
}

/** A call of the script blocks Redis for all other commands, so it must be short. */
const MAX_CALL_CHANGES = 256;
const MAX_CALL_CHANNELS = 64;
const MAX_CALL_LENGTH = 1_048_576;

/** One call's changes to one channel. Without changes, the call only renews the lease. */
export interface ChannelChanges {
  readonly channel: PresenceChannel;
  readonly changes: readonly MemberChange[];
}

/** Splits the entries into calls of bounded size. A call exceeds a limit only by its last entry. */
export function splitPresenceCalls(entries: readonly ChannelChanges[]): ChannelChanges[][] {
  const calls: ChannelChanges[][] = [];
  let room = { channels: 0, changes: 0, length: 0 };
  for (const entry of entries.flatMap(split)) {
    const isFull = room.channels <= 0 || room.changes <= 0 || room.length <= 0;
    if (isFull) {
      calls.push([]);
      room = { channels: MAX_CALL_CHANNELS, changes: MAX_CALL_CHANGES, length: MAX_CALL_LENGTH };
    }
    calls.at(-1)?.push(entry);
    room.channels--;
    room.changes -= entry.changes.length;
    room.length -= entry.changes.reduce((length, [, , value]) => length + value.length, 0);
  }
  return calls;
}

/** The keys and arguments of presence-write.lua. */
export function encodePresenceCall(
  entries: readonly ChannelChanges[],
  names: RedisNames,
  edge: string,
  leaseMs: number,
  isSweeping: boolean,
): [keys: string[], args: string[]] {
  const keys: string[] = [];
  const args = [edge, String(leaseMs), isSweeping ? '1' : '0'];
  for (const { channel, changes } of entries) {
    const edges = names.presenceKey(channel.name);
    keys.push(edges, `${edges}:${edge}`);
    args.push(
      names.presenceTopic(channel.name),
      channel.isStored ? '1' : '0',
      String(changes.length),
    );
    for (const change of changes) args.push(...change);
  }
  return [keys, args];
}

function split({ channel, changes }: ChannelChanges): ChannelChanges[] {
  if (changes.length <= MAX_CALL_CHANGES) return [{ channel, changes }];
  const parts: ChannelChanges[] = [];
  for (let from = 0; from < changes.length; from += MAX_CALL_CHANGES) {
    parts.push({ channel, changes: changes.slice(from, from + MAX_CALL_CHANGES) });
  }
  return parts;
}
