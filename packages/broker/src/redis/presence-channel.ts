import type { Member } from '../presence.js';
import { signOf, toMemberText } from '../presence-text.js';

/** One change as presence-tell.lua takes it. */
export type Change =
  | readonly [verb: 'j' | 'r', client: string, value: string]
  | readonly [verb: 'l', client: string, sign: string];

/** One channel's members as this edge has them, and what the store is yet to be told of them. */
export class PresenceChannel {
  readonly name: string;
  /** What the store should hold, by client. */
  readonly #members = new Map<string, string>();
  #untold: Change[] = [];
  /** Whether the store has been told of members and should still have them. */
  wasTold = false;
  /** What was taken of it may yet be given back. */
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
    const value = `${signOf(isAnnounced)}${user}\n${toMemberText(member)}`;
    // Somebody who is there already is described anew, not announced again.
    const verb = this.#members.has(member.client) && !this.#joinsYet(member.client) ? 'r' : 'j';
    this.#members.set(member.client, value);
    this.#untold.push([verb, member.client, value]);
  }

  leave(client: string, isAnnounced: boolean): void {
    if (this.#members.delete(client)) this.#untold.push(['l', client, signOf(isAnnounced)]);
  }

  /** All leave, announced as they came. */
  clear(): void {
    for (const [client, value] of this.#members) this.leave(client, value.startsWith('+'));
  }

  /** What the store is to be told now. */
  take(): readonly Change[] {
    const untold = this.#untold;
    this.#untold = [];
    this.isBeingTold = true;
    return untold;
  }

  /** The store may not have been told of these: it will be told again, of each client's last state. */
  giveBack(changes: readonly Change[]): void {
    const byClient = new Map<string, Change[]>();
    for (const change of [...changes, ...this.#untold]) {
      const ofClient = byClient.get(change[1]);
      if (ofClient === undefined) byClient.set(change[1], [change]);
      else ofClient.push(change);
    }
    this.#untold = [...byClient.values()].flatMap(lastState);
  }

  /** The store has lost this edge's members: it is told of all, and watchers only if they saw them leave. */
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

/** A client's changes in short; it may have left and come again in between. */
function lastState(changes: readonly Change[]): Change[] {
  const left = changes.findLast(([verb]) => verb === 'l');
  const last = changes.at(-1);
  if (last === undefined || last === left) return left === undefined ? [] : [left];
  const [, client, value] = last;
  // Whether the store was told of the join is not known; where it was, it tells nobody again.
  const verb = changes.some(([each]) => each === 'j') ? 'j' : 'r';
  return left === undefined ? [[verb, client, value]] : [left, [verb, client, value]];
}
