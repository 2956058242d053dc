import { ProtocolError } from '@newswire/protocol';
import { type BrokerFault, parseError, type LinkLog } from '@newswire/broker';
import { splitFields, LINE, LineError, parseNumber, parseItem } from './delegate-lines.js';
import type { DelegateLink, LinkHandler } from './delegate-link.js';
import { PendingReplies, type RequestOptions, type LinkReply } from './delegate-replies.js';

/** A part that uses an edge's link to center, across reconnects. */
export interface UplinkUser {
  /**
   * A link is available. Nothing was received on it yet, and only other users may have sent lines.
   */
  handleUp(): void;
  handleDown(): void;
  /**
   * Handles a line that is not an answer to a request. Returns whether the line was for this user.
   */
  handleLine(line: string): boolean;
}

/** An edge's current link to center. Requests fail while there is none. */
export class Uplink implements LinkHandler {
  readonly #log: LinkLog;
  readonly #users: UplinkUser[] = [];
  readonly #replies = new PendingReplies('center did not answer in time, try again');
  #link: DelegateLink | undefined;

  constructor(log: LinkLog) {
    this.#log = log;
  }

  use(user: UplinkUser): void {
    this.#users.push(user);
  }

  get fault(): BrokerFault {
    return this.#link === undefined ? 'center is away' : undefined;
  }

  /** Sets the link to use from now on. */
  handleLink(link: DelegateLink): void {
    this.#link = link;
    this.#log.info('center is linked');
    for (const user of this.#users) user.handleUp();
  }

  send(line: string): void {
    this.#link?.send(line);
  }

  /** Sends `verb id rest`. Rejects with center's error, or immediately while center is away. */
  async request(verb: string, rest: string, options?: RequestOptions): Promise<LinkReply> {
    const link = this.#link;
    if (link === undefined) throw away();
    return this.#replies.open((id) => link.send(`${verb} ${id} ${rest}`), options);
  }

  handleClosed(reason: string): void {
    this.#link = undefined;
    this.#log.warn(`center is away: it ${reason}`);
    for (const user of this.#users) user.handleDown();
    this.#replies.failAll(away());
  }

  handleLine(line: string): void {
    switch (line[0]) {
      case LINE.done: {
        const [id, text = ''] = splitFields(line, 2);
        return this.#replies.answer(parseNumber(id), text);
      }
      case LINE.failed: {
        const [id, text = ''] = splitFields(line, 2);
        const error = parseError(text);
        if (error === undefined) throw new LineError();
        return this.#replies.fail(parseNumber(id), error);
      }
      case LINE.item: {
        const { id, item } = parseItem(line);
        return this.#replies.addItem(id, item);
      }
      default:
        if (!this.#users.some((user) => user.handleLine(line))) throw new LineError();
    }
  }
}

function away(): ProtocolError {
  return new ProtocolError('internal', 'center is away, try again');
}
