import type { Broker, BrokerHandler } from '@newswire/broker';
import type { Publication } from '@newswire/protocol';
import { LiveChannel, topicOf } from './live-channel.js';
import type { Outbox } from './outbox.js';
import type { Session } from './session.js';

export interface HubOptions {
  /** Calls `act` again and again until it succeeds or is not wanted any more. */
  readonly persist: (act: () => Promise<void>, isStillWanted: () => boolean) => Promise<boolean>;
  /** Told of each channel where publications were missed, before its sessions are closed. */
  readonly onGap: (channel: string, sessions: number) => void;
  /** Told whenever the log is read because something was, or may have been, missed. */
  readonly onFill: (channel: string) => void;
}

/** How many publications are read at once. */
const FILL_PAGE_SIZE = 200;

/** The channels this edge listens to: a broker subscription each, while somebody is on it. */
export class Hub implements BrokerHandler {
  readonly #broker: Broker;
  readonly #outbox: Outbox;
  readonly #options: HubOptions;
  readonly #channels = new Map<string, LiveChannel>();

  constructor(broker: Broker, outbox: Outbox, options: HubOptions) {
    this.#broker = broker;
    this.#outbox = outbox;
    this.#options = options;
  }

  join(session: Session, name: string): void {
    session.connection.join(topicOf(session.wire, name));
    const channel = this.#channels.get(name);
    if (channel === undefined) this.#open(name, session);
    else channel.add(session);
  }

  leave(session: Session, name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    session.connection.leave(topicOf(session.wire, name));
    channel.remove(session);
    if (!channel.isEmpty) return;
    this.#channels.delete(name);
    // While the broker is away this fails; the broker lets go when it is back.
    this.#broker.unsubscribe(name).catch(() => undefined);
  }

  handlePublication(name: string, publication: Publication, epoch: string): void {
    const channel = this.#channels.get(name);
    switch (channel?.hear(publication, epoch)) {
      case 'next':
        return this.#outbox.add(channel);
      case 'gap':
        return this.#fill(channel, publication.offset);
      case 'later':
      case 'repeated':
      case undefined:
        return undefined;
    }
  }

  /** The broker's subscription was interrupted: the log says whether something was missed. */
  handleGap(name: string): void {
    const channel = this.#channels.get(name);
    // Before its position is known, nobody was promised anything yet.
    if (channel?.position !== undefined) this.#fill(channel, 0);
  }

  /** Sessions on each channel whose broker subscription is in force. */
  counts(): Record<string, number> {
    const live = [...this.#channels.values()].filter(({ isLive }) => isLive);
    return Object.fromEntries(live.map(({ name, sessionCount }) => [name, sessionCount]));
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  #open(name: string, first: Session): void {
    const channel = new LiveChannel(name);
    channel.add(first);
    this.#channels.set(name, channel);
    const listen = async () => {
      await this.#broker.subscribe(name, this);
      const { top } = await this.#broker.history(name, 0, 0);
      channel.beginAt(top);
    };
    void this.#options.persist(listen, () => this.#isOpen(channel));
  }

  /** Reads what is missing from the log before anything later is delivered, or tells. */
  #fill(channel: LiveChannel, heardOffset: number): void {
    if (!channel.beginFilling(heardOffset)) return;
    this.#options.onFill(channel.name);
    void this.#options.persist(
      () => this.#readMissing(channel),
      () => this.#isOpen(channel),
    );
  }

  async #readMissing(channel: LiveChannel): Promise<void> {
    while (this.#isOpen(channel)) {
      const since = channel.position?.offset ?? 0;
      const mustReach = channel.heardWhileFilling ?? 0;
      const page = await this.#broker.history(channel.name, since, FILL_PAGE_SIZE);
      const state = channel.fill(page, mustReach);
      if (channel.pending.length > 0) this.#outbox.add(channel);
      if (state === 'impossible') this.#tellGap(channel);
      if (state !== 'more') return;
    }
  }

  #isOpen(channel: LiveChannel): boolean {
    return this.#channels.get(channel.name) === channel;
  }

  /** This wire has no positions to recover from: closing is how its clients are told. */
  #tellGap(channel: LiveChannel): void {
    this.#outbox.flush(); // what was taken in before the gap
    const sessions = channel.sessions();
    this.#options.onGap(channel.name, sessions.length);
    for (const session of sessions) session.close('insufficientState');
  }
}
