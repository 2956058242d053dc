import type { Member, Presence, PresenceHandler, PresenceStats } from './presence.js';
import { PresenceTable } from './presence-table.js';

/**
 * The edge name of this process' own members in the table; other members have the names of their
 * edges.
 */
const HERE = '';

/**
 * Presence in this process' memory: it is always available, and members leave only by `leave` or
 * `close`.
 */
export class MemoryPresence implements Presence {
  readonly #table: PresenceTable;
  readonly #handlers = new Map<string, PresenceHandler>();

  /** `table`: also holds the members of other edges. */
  constructor(table = new PresenceTable(() => undefined)) {
    this.#table = table;
  }

  async join(channel: string, member: Member, isAnnounced: boolean): Promise<void> {
    this.#table.join(HERE, channel, member, isAnnounced);
  }

  async leave(channel: string, client: string, isAnnounced: boolean): Promise<void> {
    this.#table.leave(HERE, channel, client, isAnnounced);
  }

  async members(channel: string): Promise<ReadonlyMap<string, Member>> {
    return this.#table.members(channel);
  }

  async stats(channel: string): Promise<PresenceStats> {
    return this.#table.stats(channel);
  }

  async watch(channel: string, handler: PresenceHandler | undefined): Promise<void> {
    const last = this.#handlers.get(channel);
    if (last !== undefined) this.#table.unwatch(channel, last);
    if (handler === undefined) return void this.#handlers.delete(channel);
    this.#handlers.set(channel, handler);
    this.#table.watch(channel, handler);
  }

  async close(): Promise<void> {
    this.#table.removeEdge(HERE);
    for (const [channel, handler] of this.#handlers) this.#table.unwatch(channel, handler);
    this.#handlers.clear();
  }
}
