import { type Member, encodeSign, toMemberText } from '@newswire/broker';

/** One change in the form that presence-write.lua takes. */
export type Change =
  | readonly [verb: 'j' | 'r', client: string, value: string]
  | readonly [verb: 'l', client: string, sign: string];

/** One channel's members on this edge, and the changes that are not yet written to the store. */
export class PresenceChannel {
  readonly name: string;
  /** The values that the store should hold, by client. */
  readonly #members = new Map<string, string>();
  #untold: Change[] = [];
  /** Whether members were written to the store and should still be there. */
  wasTold = false;
  /** Whether a write is in progress: its changes may be given back. */
  isBeingTold = false;

  constructor(name: string) {
    this.name = name;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#untold.length === 0 && !this.isBeingTold;
  }

  get hasMembers(): boolean {
    return this.#members.size > 0;
  }

  get hasUntold(): boolean {
    return this.#untold.length > 0;
  }

  join(member: Member, isAnnounced: boolean): void {
    const user = JSON.stringify(member.user);
    const value = `${encodeSign(isAnnounced)}${user}\n${toMemberText(member)}`;
    // A member that is already present gets new data and is not announced again.
    const verb = this.#members.has(member.client) && !this.#joinsYet(member.client) ? 'r' : 'j';
    this.#members.set(member.client, value);
    this.#untold.push([verb, member.client, value]);
  }

  leave(client: string, isAnnounced: boolean): void {
    if (this.#members.delete(client)) this.#untold.push(['l', client, encodeSign(isAnnounced)]);
  }

  /** All members leave. Those that were announced when they joined are announced as leaving. */
  clear(): void {
    for (const [client, value] of this.#members) this.leave(client, value.startsWith('+'));
  }

  /** Takes the changes to write now. */
  take(): readonly Change[] {
    const untold = this.#untold;
    this.#untold = [];
    this.isBeingTold = true;
    return untold;
  }

  /** These changes may not have been written: each client's last state will be written again. */
  giveBack(changes: readonly Change[]): void {
    const byClient = new Map<string, Change[]>();
    for (const change of [...changes, ...this.#untold]) {
      const ofClient = byClient.get(change[1]);
      if (ofClient === undefined) byClient.set(change[1], [change]);
      else ofClient.push(change);
    }
    this.#untold = [...byClient.values()].flatMap(lastState);
  }

  /**
   * The store has lost this edge's members: all are written again. Watchers are notified only if
   * they were notified that the members left.
   */
  retell(isAnnounced: boolean): void {
    this.wasTold = false;
    const verb = isAnnounced ? 'j' : 'r';
    const coming = new Set(
      this.#untold.flatMap(([each, client]) => (each === 'j' ? [client] : [])),
    );
    const others = [...this.#members].filter(([client]) => !coming.has(client));
    this.#untold.push(...others.map(([client, value]): Change => [verb, client, value]));
  }

  #joinsYet(client: string): boolean {
    return this.#untold.some(([verb, each]) => verb === 'j' && each === client);
  }
}

/**
 * Reduces a client's changes to its last state. The client may have left and joined again in
 * between.
 */
function lastState(changes: readonly Change[]): Change[] {
  const left = changes.findLast(([verb]) => verb === 'l');
  const last = changes.at(-1);
  if (last === undefined || last === left) return left === undefined ? [] : [left];
  const [, client, value] = last;
  // The store may already have the join. If it does, writing it again notifies no watcher.
  const verb = changes.some(([each]) => each === 'j') ? 'j' : 'r';
  return left === undefined ? [[verb, client, value]] : [left, [verb, client, value]];
}
