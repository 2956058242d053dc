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
  /** How long the live flow may take to bring what the log already has, in ms. */
  readonly gapGraceMs?: number;
}

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
        return this.#tellGap(channel);
      case 'repeated':
      case undefined:
        return undefined;
    }
  }

  /** The broker's subscription was interrupted: does the log have more than was heard? */
  handleGap(name: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    const check = async () => {
      const { top } = await this.#broker.history(name, 0, 0);
      // What was published since the interruption may be on its way right now.
      await new Promise((resolve) => setTimeout(resolve, this.#options.gapGraceMs ?? 1000));
      // And what came while the process stood still is read only after this timer.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#isOpen(channel) && channel.lacks(top)) this.#tellGap(channel);
    };
    void this.#options.persist(check, () => this.#isOpen(channel));
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

  #isOpen(channel: LiveChannel): boolean {
    return this.#channels.get(channel.name) === channel;
  }

  /** This wire has no positions to recover from: closing is how its clients are told. */
  #tellGap(channel: LiveChannel): void {
    const sessions = channel.sessions();
    this.#options.onGap(channel.name, sessions.length);
    for (const session of sessions) session.close('insufficientState');
  }
}
