import { ProtocolError } from '@newswire/protocol';
import {
  type Member,
  type Presence,
  type PresenceHandler,
  type PresenceStats,
  encodeSign,
  notifyChange,
  toMemberText,
} from '@newswire/broker';
import { splitFields, LINE, parseNumber } from './delegate-lines.js';
import type { Uplink, UplinkUser } from './delegate-uplink.js';

export interface DelegatePresenceOptions {
  /** A request fails if center has not answered within this time, in ms. */
  readonly publishTimeoutMs: number;
}

interface Present {
  readonly member: Member;
  readonly isAnnounced: boolean;
  /** Whether the member was sent to this center or an earlier one. */
  wasSent: boolean;
}

/** Maximum number of members that are sent again before center has answered. */
const BATCH = 256;

/**
 * An edge's side of presence: center has the members of all edges. While center is away, this edge
 * remembers its members and sends them again on the next link; those that left in the meantime
 * leave then.
 */
export class DelegateEdgePresence implements Presence, UplinkUser {
  readonly #uplink: Uplink;
  readonly #timeoutMs: number;
  readonly #onListenerFault: (error: unknown) => void;
  readonly #channels = new Map<string, Map<string, Present>>();
  readonly #handlers = new Map<string, PresenceHandler>();
  #links = 0;

  constructor(
    uplink: Uplink,
    { publishTimeoutMs }: DelegatePresenceOptions,
    onListenerFault: (error: unknown) => void,
  ) {
    this.#uplink = uplink;
    this.#timeoutMs = publishTimeoutMs;
    this.#onListenerFault = onListenerFault;
    uplink.use(this);
  }

  async join(channel: string, member: Member, isAnnounced: boolean): Promise<void> {
    let members = this.#channels.get(channel);
    if (members === undefined) this.#channels.set(channel, (members = new Map()));
    const wasSent = members.get(member.client)?.wasSent ?? false;
    const present: Present = { member, isAnnounced, wasSent };
    members.set(member.client, present);
    await this.#send(channel, present).catch(() => undefined); // the next link tries again
  }

  async leave(channel: string, client: string, isAnnounced: boolean): Promise<void> {
    const members = this.#channels.get(channel);
    if (!members?.delete(client)) return;
    if (members.size === 0) this.#channels.delete(channel);
    // If this fails, center finds on the next link that this edge no longer sends the member.
    await this.#request(LINE.leave, `${channel} ${encodeSign(isAnnounced)} ${client}`).catch(
      () => undefined,
    );
  }

  async members(channel: string): Promise<ReadonlyMap<string, Member>> {
    const members = JSON.parse(await this.#request(LINE.members, channel)) as Member[];
    return new Map(members.map((member) => [member.client, member]));
  }

  async stats(channel: string): Promise<PresenceStats> {
    const [clients, users] = (await this.#request(LINE.stats, channel)).split(' ');
    return { clients: parseNumber(clients), users: parseNumber(users) };
  }

  async watch(channel: string, handler: PresenceHandler | undefined): Promise<void> {
    if (handler === undefined) {
      if (this.#handlers.delete(channel)) this.#uplink.send(`${LINE.unwatch} ${channel}`);
      return;
    }
    const isWatched = this.#handlers.has(channel);
    this.#handlers.set(channel, handler);
    if (!isWatched) await this.#request(LINE.watch, channel).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#links++;
    this.#channels.clear();
    for (const channel of this.#handlers.keys()) await this.watch(channel, undefined);
    await this.#request(LINE.leaveAll, '').catch(() => undefined);
  }

  handleUp(): void {
    for (const channel of this.#handlers.keys()) {
      this.#uplink.request(LINE.watch, channel).catch(() => undefined);
    }
    // A failure belongs to a lost link: the next link begins again.
    this.#sendAll(++this.#links).catch(() => undefined);
  }

  handleDown(): void {
    // All members are sent again on the next link.
  }

  handleLine(line: string): boolean {
    if (line[0] !== LINE.change) return false;
    const [channel = '', change = ''] = splitFields(line, 2);
    const handler = this.#handlers.get(channel);
    try {
      if (handler !== undefined) notifyChange(handler, channel, change);
    } catch (error) {
      this.#onListenerFault(error);
    }
    return true;
  }

  async #sendAll(link: number): Promise<void> {
    const all = [...this.#channels].flatMap(([channel, members]) =>
      [...members.keys()].map((client) => [channel, client] as const),
    );
    for (let from = 0; from < all.length && link === this.#links; from += BATCH) {
      const batch = all.slice(from, from + BATCH).map(async ([channel, client]) => {
        const present = this.#channels.get(channel)?.get(client);
        if (present !== undefined) await this.#send(channel, present, Infinity);
      });
      await Promise.all(batch);
    }
    if (link === this.#links) await this.#uplink.request(LINE.reported, '');
  }

  async #send(channel: string, present: Present, timeoutMs = this.#timeoutMs): Promise<void> {
    const { member, isAnnounced, wasSent } = present;
    const how = `${encodeSign(isAnnounced)}${wasSent ? '=' : ''}`;
    await this.#request(LINE.join, `${channel} ${how} ${toMemberText(member)}`, timeoutMs);
    present.wasSent = true;
  }

  async #request(verb: string, rest: string, timeoutMs = this.#timeoutMs): Promise<string> {
    if (/[\n]/.test(rest)) throw new ProtocolError('badRequest', 'a name contains a line break');
    const options = timeoutMs === Infinity ? {} : { timeoutMs };
    return (await this.#uplink.request(verb, rest, options)).text;
  }
}
