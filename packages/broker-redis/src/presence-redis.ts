import {
  newEpoch,
  type Member,
  type Presence,
  type PresenceHandler,
  type PresenceStats,
  fromMemberText,
} from '@newswire/broker';
import { PresenceChannel } from './presence-channel.js';
import { PresenceWriter, type PresenceWriterOptions } from './presence-writer.js';
import { PresenceWatches } from './presence-watches.js';
import { redisIsAway, toProtocolError, withTimeout } from './redis-faults.js';
import type { RedisLink } from './redis-link.js';
import { RedisScript } from './redis-script.js';

export type RedisPresenceOptions = PresenceWriterOptions;

/**
 * Presence in Redis: for each channel, the edges with the ends of their leases, and a hash of each
 * edge's members. While Redis is away, joins and leaves are remembered; they are announced when it
 * is back. Members that were already present are then only written to the store. An edge that finds
 * that another edge's lease has run out ends it in one atomic step, so each leave is announced
 * once. `close` leaves the link open.
 */
export class RedisPresence implements Presence {
  readonly #link: RedisLink;
  readonly #options: RedisPresenceOptions;
  readonly #writer: PresenceWriter;
  readonly #watches: PresenceWatches;
  readonly #channels = new Map<string, PresenceChannel>();
  readonly #read = new RedisScript('presence-read.lua');
  readonly #timer: NodeJS.Timeout;
  #identity: string | undefined;
  /**
   * Before this moment, the other edges may not have had time to renew their leases: Redis was away
   * from all of them.
   */
  #sweepFromMs = Infinity;

  constructor(link: RedisLink, options: RedisPresenceOptions) {
    this.#link = link;
    this.#options = options;
    this.#writer = new PresenceWriter(link, newEpoch(), options);
    this.#watches = new PresenceWatches(link);
    link.onUp(() => this.#handleUp());
    if (link.fault === undefined) this.#handleUp();
    this.#timer = setInterval(() => void this.#renew(), options.presenceLeaseMs / 3).unref();
  }

  async join(channel: string, member: Member, isAnnounced: boolean): Promise<void> {
    const state = this.#getChannel(channel);
    state.join(member, isAnnounced);
    await this.#writer.write([state]);
  }

  async leave(channel: string, client: string, isAnnounced: boolean): Promise<void> {
    const state = this.#getChannel(channel);
    state.leave(client, isAnnounced);
    await this.#writer.write([state]);
    // Clients choose channel names freely, so no state of a channel may outlive its last member.
    if (state.isEmpty && this.#channels.get(channel) === state) this.#channels.delete(channel);
  }

  async members(channel: string): Promise<ReadonlyMap<string, Member>> {
    const values = (await this.#readFrom(channel, 'members')) as string[];
    const members = values.map((value) => fromMemberText(value.slice(value.indexOf('\n') + 1)));
    return new Map(members.map((member) => [member.client, member]));
  }

  async stats(channel: string): Promise<PresenceStats> {
    const [clients = 0, users = 0] = (await this.#readFrom(channel, 'stats')) as number[];
    return { clients, users };
  }

  async watch(channel: string, handler: PresenceHandler | undefined): Promise<void> {
    if (handler === undefined) await this.#watches.unwatch(channel);
    else await this.#watches.watch(channel, handler);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const channels = [...this.#channels.values()];
    for (const channel of channels) channel.clear();
    await this.#writer.write(channels);
    this.#writer.close();
    await this.#watches.close();
  }

  #getChannel(name: string): PresenceChannel {
    let channel = this.#channels.get(name);
    if (channel === undefined) this.#channels.set(name, (channel = new PresenceChannel(name)));
    return channel;
  }

  /** Another data set may have none of this edge's members, or members that have left. */
  #handleUp(): void {
    const { identity } = this.#link;
    this.#sweepFromMs = performance.now() + this.#options.presenceLeaseMs;
    if (identity !== this.#identity && this.#identity !== undefined) {
      for (const channel of this.#channels.values()) channel.rewrite(false);
    }
    this.#identity = identity;
    void this.#renew();
  }

  /**
   * Also includes channels that this edge only watches: an edge must notice when another one is
   * gone.
   */
  async #renew(): Promise<void> {
    for (const [name, channel] of this.#channels) {
      if (channel.isEmpty) this.#channels.delete(name);
    }
    const watched = this.#watches.channels.filter((name) => !this.#channels.has(name));
    const channels = [
      ...this.#channels.values(),
      ...watched.map((name) => new PresenceChannel(name)),
    ];
    if (channels.length === 0 || this.#link.identity === undefined) return;
    await this.#writer.renew(channels, performance.now() >= this.#sweepFromMs);
  }

  async #readFrom(channel: string, what: 'members' | 'stats'): Promise<unknown> {
    const { identity, commands, names } = this.#link;
    if (identity === undefined) throw redisIsAway();
    try {
      const reply = this.#read.run(commands, [names.presenceKey(channel)], [what]);
      return await withTimeout(reply, this.#options.publishTimeoutMs);
    } catch (error) {
      this.#link.handleRefusals([error]);
      throw toProtocolError(error);
    }
  }
}
