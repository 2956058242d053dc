import { ProtocolError } from '@newswire/protocol';
import {
  type Member,
  type PresenceHandler,
  type PresenceTable,
  fromMemberText,
  toMemberText,
} from '@newswire/broker';
import { splitFields, LINE } from './delegate-lines.js';
import type { EdgeLeases } from './edge-leases.js';

/**
 * Maximum length of the list of a channel's members: a line that is too long would end the link.
 */
const MAX_MEMBERS_LENGTH = 8_388_608;

export type PresenceAnswer = { readonly id: string | undefined } & (
  | { readonly text: string; readonly error?: never }
  | { readonly error: ProtocolError; readonly text?: never }
);

/** The parts that execute a linked edge's presence requests. */
export interface PresencePeerParts {
  readonly table: PresenceTable;
  readonly leases: EdgeLeases;
  readonly send: (line: string) => void;
}

/** One linked edge's members and watches, on center's side. */
export class PresencePeer implements PresenceHandler {
  readonly #edge: string;
  readonly #parts: PresencePeerParts;
  readonly #watched = new Set<string>();
  /**
   * Whether this center has had the edge's members before. If not, it cannot know which ones are
   * new.
   */
  readonly #isKnown: boolean;

  constructor(edge: string, parts: PresencePeerParts) {
    this.#edge = edge;
    this.#parts = parts;
    this.#isKnown = parts.leases.handleUp(edge);
  }

  /** Returns the answer to the request; undefined if the line does not concern presence. */
  handleLine(line: string): PresenceAnswer | undefined {
    const { table } = this.#parts;
    switch (line[0]) {
      case LINE.join: {
        const [id, channel = '', how = '', member = ''] = splitFields(line, 4);
        const isNews = this.#isKnown || !how.endsWith('=');
        table.join(this.#edge, channel, fromMemberText(member), how.startsWith('+'), isNews);
        return { id, text: '' };
      }
      case LINE.leave: {
        const [id, channel = '', how = '', client = ''] = splitFields(line, 4);
        table.leave(this.#edge, channel, client, how.startsWith('+'));
        return { id, text: '' };
      }
      case LINE.reported:
        table.endReport(this.#edge);
        return { id: splitFields(line, 2)[0], text: '' };
      case LINE.leaveAll:
        table.removeEdge(this.#edge);
        return { id: splitFields(line, 2)[0], text: '' };
      case LINE.members:
      case LINE.stats:
        return this.#read(line);
      case LINE.watch: {
        const [id, channel = ''] = splitFields(line, 2);
        this.#watched.add(channel);
        table.watch(channel, this);
        return { id, text: '' };
      }
      default:
        return undefined;
    }
  }

  unwatch(channel: string): void {
    this.#watched.delete(channel);
    this.#parts.table.unwatch(channel, this);
  }

  handleClosed(): void {
    for (const channel of this.#watched) this.#parts.table.unwatch(channel, this);
    this.#watched.clear();
    this.#parts.leases.handleDown(this.#edge);
  }

  handleJoin(channel: string, member: Member): void {
    this.#parts.send(`${LINE.change} ${channel} +${toMemberText(member)}`);
  }

  handleLeave(channel: string, member: Member): void {
    this.#parts.send(`${LINE.change} ${channel} -${toMemberText(member)}`);
  }

  #read(line: string): PresenceAnswer {
    const { table } = this.#parts;
    const [id, channel = ''] = splitFields(line, 2);
    if (line[0] === LINE.stats) {
      const { clients, users } = table.stats(channel);
      return { id, text: `${clients} ${users}` };
    }
    const text = JSON.stringify([...table.members(channel).values()]);
    if (text.length <= MAX_MEMBERS_LENGTH) return { id, text };
    return { id, error: new ProtocolError('limitExceeded', 'too many members to list') };
  }
}
