import { ProtocolError, type Position, type Publication } from '@newswire/protocol';
import {
  type BlockList,
  type Broker,
  type BrokerHandler,
  type Generation,
  fromPublicationText,
  type Control,
  type ControlRequest,
  toBlockedText,
  toReplyText,
  errorText,
} from '@newswire/broker';
import {
  EVERY_EDGE,
  splitFields,
  itemLine,
  LINE,
  LineError,
  parseNumber,
  pageText,
  parseKey,
  parseVersion,
  publicationLine,
} from './delegate-lines.js';
import type { DelegateLink, LinkHandler } from './delegate-link.js';
import { parseBatch } from './events-delegate-edge.js';
import type { LinkedEvents } from './events-peer.js';
import { PresencePeer, type PresencePeerParts } from './presence-peer.js';
import { PendingReplies } from './delegate-replies.js';
import type { Subscribers } from './delegate-subscribers.js';

/** The parts that execute a peer's requests. */
export interface PeerParts {
  readonly broker: Broker;
  readonly control: Control;
  readonly blockList: BlockList;
  readonly subscribers: Subscribers;
  readonly presence: Omit<PresencePeerParts, 'send'>;
  readonly events: LinkedEvents;
  /** Called when the link is closed. */
  readonly onClosed: (peer: EdgePeer) => void;
}

/**
 * The next page waits until the link has at most this number of unsent bytes, so that live
 * publications are not delayed.
 */
const MAX_UNSENT_FOR_PAGE = 1_048_576;

/**
 * One linked edge, on center's side: executes its requests and sends it the channels it subscribed
 * to.
 */
export class EdgePeer implements LinkHandler, BrokerHandler {
  readonly #link: DelegateLink;
  readonly #edge: string;
  readonly #parts: PeerParts;
  readonly #channels = new Set<string>();
  readonly #answers = new PendingReplies('an edge did not answer in time, try again');
  readonly #presence: PresencePeer;
  #pages: Promise<void> = Promise.resolve();
  #uid: string | undefined;

  /** `edge`: the name of the edge, the same on all its links. */
  constructor(link: DelegateLink, edge: string, parts: PeerParts) {
    this.#link = link;
    this.#edge = edge;
    this.#parts = parts;
    const send = (line: string) => link.send(line);
    this.#presence = new PresencePeer(edge, { ...parts.presence, send });
  }

  /** The uid under which this edge answers control requests; undefined: it does not answer any. */
  get uid(): string | undefined {
    return this.#uid;
  }

  /**
   * Returns this edge's answer. Rejects with error 100 after the timeout, or if the link is lost.
   */
  async request(request: string, timeoutMs: number): Promise<string> {
    const send = (id: number) => this.#link.send(`${LINE.request} ${id} ${request}`);
    return (await this.#answers.open(send, { timeoutMs })).text;
  }

  handleLine(line: string): void {
    switch (line[0]) {
      case LINE.subscribe: {
        const [id, channel = ''] = splitFields(line, 2);
        this.#channels.add(channel);
        this.#parts.subscribers.add(channel, this);
        return this.#done(id);
      }
      case LINE.unsubscribe:
        return this.#unsubscribe(line.slice(2));
      case LINE.history:
        return this.#queuePage(line);
      case LINE.publish:
        return this.#publish(line);
      case LINE.removeHistory: {
        const [id, channel = ''] = splitFields(line, 2);
        return this.#settle(id, this.#parts.broker.removeHistory(channel));
      }
      case LINE.serve: {
        const [id, uid] = splitFields(line, 2);
        this.#uid = uid;
        return this.#done(id);
      }
      case LINE.blocked: {
        const [id] = splitFields(line, 1);
        return this.#settle(id, this.#parts.blockList.list().then(toBlockedText));
      }
      case LINE.relay:
        return this.#relay(line);
      case LINE.answer: {
        const [id, text = ''] = splitFields(line, 2);
        return this.#answers.answer(parseNumber(id), text);
      }
      case LINE.events: {
        const [id, text = ''] = splitFields(line, 2);
        return this.#settle(id, this.#parts.events.write(this.#edge, parseBatch(text)));
      }
      case LINE.unwatch:
        return this.#presence.unwatch(line.slice(2));
      default: {
        const answer = this.#presence.handleLine(line);
        if (answer === undefined) throw new LineError();
        const { id, error, text } = answer;
        return error === undefined ? this.#done(id, text) : this.#fail(id, error);
      }
    }
  }

  handleClosed(): void {
    for (const channel of this.#channels) this.#parts.subscribers.remove(channel, this);
    this.#channels.clear();
    this.#presence.handleClosed();
    this.#parts.onClosed(this);
    this.#answers.failAll(new ProtocolError('internal', 'an edge disconnected, try again'));
  }

  handlePublication(
    channel: string,
    publication: Publication,
    epoch: string,
    begins: Generation | undefined,
  ): void {
    this.#link.send(publicationLine(channel, publication, epoch, begins !== undefined));
  }

  /** An edge is notified of a gap by a new link: it then requests all missed publications. */
  handleGap(): void {
    this.#link.destroy('may have missed publications');
  }

  handleRemoval(channel: string, { offset, epoch }: Position): void {
    this.#link.send(`${LINE.removal} ${channel} ${offset} ${epoch}`);
  }

  #unsubscribe(channel: string): void {
    this.#channels.delete(channel);
    this.#parts.subscribers.remove(channel, this);
  }

  #publish(line: string): void {
    const [id, channel = '', key = '', version = '', text = ''] = splitFields(line, 5);
    const idempotencyKey = parseKey(key);
    const { data, offset: _, ...traits } = fromPublicationText(0, text);
    const options = {
      ...traits,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      version: parseVersion(version),
    };
    const published = this.#parts.broker.publish(channel, data, options);
    this.#settle(
      id,
      published.then(({ offset, epoch }) => `${offset} ${epoch}`),
    );
  }

  /** An edge's request to another edge, or to all. */
  #relay(line: string): void {
    const [id, uid = '', text = ''] = splitFields(line, 3);
    const { control } = this.#parts;
    const request = JSON.parse(text) as ControlRequest;
    const isForAll = uid === EVERY_EDGE;
    const replies = isForAll ? control.request(request) : control.requestFrom(uid, request);
    this.#settle(id, replies.then(toReplyText));
  }

  /** Pages are sent one after another, and only while the link has room. */
  #queuePage(line: string): void {
    const [id, channel = '', since, limit] = splitFields(line, 4);
    const from = parseNumber(since);
    const count = parseNumber(limit);
    this.#pages = this.#pages.then(() => this.#sendPage(id, channel, from, count));
  }

  async #sendPage(id = '', channel: string, since: number, limit: number): Promise<void> {
    await this.#link.untilUnsent(MAX_UNSENT_FOR_PAGE);
    try {
      const page = await this.#parts.broker.history(channel, since, limit);
      page.publications.forEach((publication, i) => {
        this.#link.send(itemLine(id, publication, page.agesMs[i] ?? 0));
      });
      this.#done(id, pageText(page));
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #settle(id: string | undefined, work: Promise<string | void>): void {
    work.then(
      (text) => this.#done(id, text ?? ''),
      (error: unknown) => this.#fail(id, error),
    );
  }

  #fail(id: string | undefined, error: unknown): void {
    this.#link.send(`${LINE.failed} ${id} ${errorText(error)}`);
  }

  #done(id: string | undefined, text = ''): void {
    this.#link.send(`${LINE.done} ${id} ${text}`);
  }
}
