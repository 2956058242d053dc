import { type Member, encodeSign, toMemberText } from '@newswire/broker';

/** One change in the form that presence-write.lua takes. */
export type MemberChange =
  | readonly [verb: 'j' | 'r', client: string, value: string]
  | readonly [verb: 'l', client: string, sign: string];

/** One channel's members on this edge, and the changes that are not yet written to the store. */
export class PresenceChannel {
  readonly name: string;
  /** The values that the store should hold, by client. */
  readonly #members = new Map<string, string>();
  #unwritten: MemberChange[] = [];
  /** Whether members were written to the store and should still be there. */
  isStored = false;
  /** Whether a write is in progress: its changes may be given back. */
  isBeingWritten = false;

  constructor(name: string) {
    this.name = name;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#unwritten.length === 0 && !this.isBeingWritten;
  }

  get hasMembers(): boolean {
    return this.#members.size > 0;
  }

  get hasUnwritten(): boolean {
    return this.#unwritten.length > 0;
  }

  join(member: Member, isAnnounced: boolean): void {
    const user = JSON.stringify(member.user);
    const value = `${encodeSign(isAnnounced)}${user}\n${toMemberText(member)}`;
    // A member that is already present gets new data and is not announced again.
    const verb = this.#members.has(member.client) && !this.#joinsYet(member.client) ? 'r' : 'j';
    this.#members.set(member.client, value);
    this.#unwritten.push([verb, member.client, value]);
  }

  leave(client: string, isAnnounced: boolean): void {
    if (this.#members.delete(client)) this.#unwritten.push(['l', client, encodeSign(isAnnounced)]);
  }

  /** All members leave. Those that were announced when they joined are announced as leaving. */
  clear(): void {
    for (const [client, value] of this.#members) this.leave(client, value.startsWith('+'));
  }

  /** Takes the changes to write now. */
  take(): readonly MemberChange[] {
    const unwritten = this.#unwritten;
    this.#unwritten = [];
    this.isBeingWritten = true;
    return unwritten;
  }

  /** These changes may not have been written: each client's last state will be written again. */
  giveBack(changes: readonly MemberChange[]): void {
    const byClient = new Map<string, MemberChange[]>();
    for (const change of [...changes, ...this.#unwritten]) {
      const ofClient = byClient.get(change[1]);
      if (ofClient === undefined) byClient.set(change[1], [change]);
      else ofClient.push(change);
    }
    this.#unwritten = [...byClient.values()].flatMap(lastState);
  }

  /**
   * The store has lost this edge's members: all are written again. Watchers are notified only if
   * they were notified that the members left.
   */
  rewrite(isAnnounced: boolean): void {
    this.isStored = false;
    const verb = isAnnounced ? 'j' : 'r';
    const coming = new Set(
      this.#unwritten.flatMap(([each, client]) => (each === 'j' ? [client] : [])),
    );
    const others = [...this.#members].filter(([client]) => !coming.has(client));
    this.#unwritten.push(...others.map(([client, value]): MemberChange => [verb, client, value]));
  }

  #joinsYet(client: string): boolean {
    return this.#unwritten.some(([verb, each]) => verb === 'j' && each === client);
  }
}

/**
 * Reduces a client's changes to its last state. The client may have left and joined again in
 * between.
 */
function lastState(changes: readonly MemberChange[]): MemberChange[] {
  const left = changes.findLast(([verb]) => verb === 'l');
  const last = changes.at(-1);
  if (last === undefined || last === left) return left === undefined ? [] : [left];
  const [, client, value] = last;
  // The store may already have the join. If it does, writing it again notifies no watcher.
  const verb = changes.some(([each]) => each === 'j') ? 'j' : 'r';
  return left === undefined ? [[verb, client, value]] : [left, [verb, client, value]];
}
