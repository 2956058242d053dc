import { TickBatch } from '@newswire/runtime';
import type { Member, PresenceHandler, PresenceStats } from './presence.js';

interface ReportedMember {
  readonly member: Member;
  readonly isAnnounced: boolean;
  /**
   * False from the moment its edge begins a new report of its members until the report names this
   * one.
   */
  isConfirmed: boolean;
}

type PresenceNotification = (handler: PresenceHandler) => void;

/**
 * The members of each channel, grouped by the edge that reports them, and the watchers. Watchers
 * are notified at the end of the tick, in the order of the changes, because a change may be made in
 * a socket's handler.
 */
export class PresenceTable {
  readonly #channels = new Map<string, Map<string, Map<string, ReportedMember>>>();
  readonly #watchers = new Map<string, Set<PresenceHandler>>();
  readonly #onListenerFault: (error: unknown) => void;
  readonly #changes = new TickBatch<readonly [channel: string, notify: PresenceNotification]>(
    (changes) => this.#notifyAll(changes),
  );

  /** `onListenerFault`: called with each error that a watcher threw. */
  constructor(onListenerFault: (error: unknown) => void) {
    this.#onListenerFault = onListenerFault;
  }

  /** Announces the member unless it was already present; then only its data changes. */
  join(edge: string, channel: string, member: Member, isAnnounced: boolean, isNews = true): void {
    const edges = getOrAdd(
      this.#channels,
      channel,
      () => new Map<string, Map<string, ReportedMember>>(),
    );
    const members = getOrAdd(edges, edge, () => new Map<string, ReportedMember>());
    const isNew = !members.has(member.client);
    members.set(member.client, { member, isAnnounced, isConfirmed: true });
    if (isNew && isAnnounced && isNews) {
      this.#announce(channel, (handler) => handler.handleJoin(channel, member));
    }
  }

  leave(edge: string, channel: string, client: string, isAnnounced: boolean): void {
    const edges = this.#channels.get(channel);
    const members = edges?.get(edge);
    const entry = members?.get(client);
    if (edges === undefined || members === undefined || entry === undefined) return;
    members.delete(client);
    if (members.size === 0) edges.delete(edge);
    if (edges.size === 0) this.#channels.delete(channel);
    if (!isAnnounced) return;
    this.#announce(channel, (handler) => handler.handleLeave(channel, entry.member));
  }

  /** The edge begins a full report of its members. */
  beginReport(edge: string): void {
    for (const [, entry] of this.#findMembers(edge)) entry.isConfirmed = false;
  }

  /** The edge has ended its report: its members that the report did not name leave. */
  endReport(edge: string): void {
    this.#removeWhere(edge, ({ isConfirmed }) => !isConfirmed);
  }

  /**
   * All members of the edge leave. Those that were announced when they joined are announced now.
   */
  removeEdge(edge: string): void {
    this.#removeWhere(edge, () => true);
  }

  members(channel: string): ReadonlyMap<string, Member> {
    const all = new Map<string, Member>();
    for (const members of this.#channels.get(channel)?.values() ?? []) {
      for (const [client, { member }] of members) all.set(client, member);
    }
    return all;
  }

  stats(channel: string): PresenceStats {
    const members = this.members(channel);
    const users = new Set([...members.values()].map(({ user }) => user));
    return { clients: members.size, users: users.size };
  }

  watch(channel: string, handler: PresenceHandler): void {
    getOrAdd(this.#watchers, channel, () => new Set<PresenceHandler>()).add(handler);
  }

  unwatch(channel: string, handler: PresenceHandler): void {
    const watchers = this.#watchers.get(channel);
    watchers?.delete(handler);
    if (watchers?.size === 0) this.#watchers.delete(channel);
  }

  #removeWhere(edge: string, isGone: (entry: ReportedMember) => boolean): void {
    for (const [channel, entry] of this.#findMembers(edge)) {
      if (isGone(entry)) this.leave(edge, channel, entry.member.client, entry.isAnnounced);
    }
  }

  #findMembers(edge: string): [channel: string, entry: ReportedMember][] {
    return [...this.#channels].flatMap(([channel, edges]) =>
      [...(edges.get(edge)?.values() ?? [])].map((entry): [string, ReportedMember] => [
        channel,
        entry,
      ]),
    );
  }

  #announce(channel: string, notify: PresenceNotification): void {
    if (!this.#watchers.has(channel)) return;
    this.#changes.add([channel, notify]);
  }

  #notifyAll(changes: Iterable<readonly [channel: string, notify: PresenceNotification]>): void {
    for (const [channel, notify] of changes) {
      for (const handler of this.#watchers.get(channel) ?? []) {
        try {
          notify(handler);
        } catch (error) {
          this.#onListenerFault(error);
        }
      }
    }
  }
}

function getOrAdd<V>(map: Map<string, V>, key: string, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}
