import type { Member, Presence, PresenceHandler, PresenceStats } from '@newswire/broker';

/** Presence of one edge, in memory. What it does fails while `fault` is set. */
export class PresenceModel implements Presence {
  fault: Error | undefined;
  readonly #channels = new Map<string, Map<string, Member>>();
  readonly #handlers = new Map<string, PresenceHandler>();

  async join(channel: string, member: Member, isAnnounced: boolean): Promise<void> {
    this.#check();
    this.#of(channel).set(member.client, member);
    if (isAnnounced) this.#handlers.get(channel)?.handleJoin(channel, member);
  }

  async leave(channel: string, client: string, isAnnounced: boolean): Promise<void> {
    this.#check();
    const member = this.#of(channel).get(client);
    this.#of(channel).delete(client);
    if (member !== undefined && isAnnounced) {
      this.#handlers.get(channel)?.handleLeave(channel, member);
    }
  }

  async members(channel: string): Promise<ReadonlyMap<string, Member>> {
    this.#check();
    return this.#of(channel);
  }

  async stats(channel: string): Promise<PresenceStats> {
    const members = [...this.#of(channel).values()];
    return { clients: members.length, users: new Set(members.map(({ user }) => user)).size };
  }

  async watch(channel: string, handler: PresenceHandler | undefined): Promise<void> {
    this.#check();
    if (handler === undefined) this.#handlers.delete(channel);
    else this.#handlers.set(channel, handler);
  }

  async close(): Promise<void> {
    this.#channels.clear();
  }

  get watched(): string[] {
    return [...this.#handlers.keys()];
  }

  #of(channel: string): Map<string, Member> {
    const members = this.#channels.get(channel) ?? new Map<string, Member>();
    this.#channels.set(channel, members);
    return members;
  }

  #check(): void {
    if (this.fault !== undefined) throw this.fault;
  }
}
