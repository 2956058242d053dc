import type { Position } from '@newswire/protocol';
import { ChannelHistory, type ChannelVerdict } from './channel-history.js';
import type { Token } from './known-generation.js';
import type { Timeline } from './timeline.js';
import { judge, type SubscriptionVerdict } from './judge.js';
import { judgeSeed, SeedLog } from './seed-log.js';
import { SubscriptionLog } from './subscription-log.js';

/** Sums over all subscriptions, and every subscription and channel with a fault. */
export interface Verdict {
  readonly accepted: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly skipped: number;
  readonly conflicts: number;
  readonly unanswered: number;
  readonly repeated: number;
  readonly subscriptions: readonly SubscriptionVerdict[];
  readonly channels: readonly ChannelVerdict[];
}

/**
 * Records publishers' replies and subscribers' deliveries, and judges them. All calls are
 * synchronous. Generations of a log are ordered by their first reports, unless subscribers'
 * transitions show another order.
 *
 *     const ledger = new Ledger();
 *     ledger.accepted('c', 1, { epoch: 'E', offset: 1 });
 *     const log = ledger.subscription('client 1', 'c');
 *     log.subscribed({ epoch: 'E', offset: 0, recovered: false });
 *     log.delivered(1, 1);
 *     ledger.verdict();
 */
export class Ledger {
  readonly #channels = new Map<string, ChannelHistory>();
  readonly #subscriptions: SubscriptionLog[] = [];
  readonly #seeds: SeedLog[] = [];

  /** A publisher received a success reply. The token identifies the publication. */
  accepted(channel: string, token: Token, position: Position): void {
    this.channel(channel).accept(token, position);
  }

  /** An attempt to publish failed or had no answer by the end. It may have been published. */
  failed(channel: string, token: Token): void {
    this.channel(channel).fail(token);
  }

  /** The log of a new subscriber with positions. */
  subscription(subscriber: string, channel: string): SubscriptionLog {
    const log = new SubscriptionLog(subscriber, this.channel(channel));
    this.#subscriptions.push(log);
    return log;
  }

  /** The log of a new seed-protocol subscriber. */
  seedSubscription(subscriber: string, channel: string): SeedLog {
    const log = new SeedLog(subscriber, this.channel(channel));
    this.#seeds.push(log);
    return log;
  }

  channel(name: string): ChannelHistory {
    let channel = this.#channels.get(name);
    if (channel === undefined) this.#channels.set(name, (channel = new ChannelHistory(name)));
    return channel;
  }

  /** Number of open subscriptions without their channel's last accepted publication. */
  behind(): number {
    const timelines = this.#timelines();
    const isBehind = (log: SubscriptionLog) => {
      const timeline = timelines.get(log.history);
      const { last } = log;
      if (!log.isOpen || timeline === undefined || last === undefined) return false;
      return timeline.countUpTo(last.generation, last.offset) < timeline.length;
    };
    const isSeedBehind = (log: SeedLog) => {
      const lastToken = timelines.get(log.history)?.tokens.at(-1);
      return log.isOpen && lastToken !== undefined && !log.hasLately(lastToken);
    };
    return this.#subscriptions.filter(isBehind).length + this.#seeds.filter(isSeedBehind).length;
  }

  /**
   * Judges all records so far. An open subscription must have received every accepted publication.
   */
  verdict(): Verdict {
    const timelines = this.#timelines();
    const judged = <L extends { history: ChannelHistory }>(
      logs: readonly L[],
      by: (log: L, timeline: Timeline) => SubscriptionVerdict,
    ) => logs.map((log) => by(log, timelines.get(log.history) ?? log.history.timeline()));
    const subscriptions = [
      ...judged(this.#subscriptions, judge),
      ...judged(this.#seeds, judgeSeed),
    ];
    const channels = [...this.#channels.values()].map((channel) => channel.verdict());
    return {
      ...sums(subscriptions, ['delivered', 'lost', 'doubled', 'reordered', 'skipped']),
      ...sums(channels, ['accepted', 'unanswered', 'repeated']),
      conflicts: channels.reduce((sum, { conflicts }) => sum + conflicts.length, 0),
      subscriptions,
      channels,
    };
  }

  /** Describes a channel and its subscriptions as text. */
  describe(channel: string): string[] {
    const logs = this.#subscriptions.filter(({ history }) => history.name === channel);
    return [...this.channel(channel).describe(), ...logs.map((log) => log.describe())];
  }

  #timelines(): Map<ChannelHistory, Timeline> {
    return new Map([...this.#channels.values()].map((channel) => [channel, channel.timeline()]));
  }
}

function sums<K extends string>(rows: readonly Record<K, number>[], keys: readonly K[]) {
  const total = (key: K) => rows.reduce((sum, row) => sum + row[key], 0);
  return Object.fromEntries(keys.map((key) => [key, total(key)])) as Record<K, number>;
}
