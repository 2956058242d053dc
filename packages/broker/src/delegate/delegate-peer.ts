import { ProtocolError, type Publication } from '@newswire/protocol';
import type { Broker, BrokerHandler } from '../broker.js';
import type { ControlReply, ControlRequest } from '../control.js';
import {
  errorText,
  fieldsOf,
  LINE,
  LineError,
  numberOf,
  pageText,
  parseKey,
  publicationLine,
} from './delegate-lines.js';
import type { DelegateLink, LinkHandler } from './delegate-link.js';
import { PendingReplies } from './delegate-replies.js';
import type { Subscribers } from './delegate-subscribers.js';

/** What a peer's requests go to. */
export interface PeerParts {
  readonly broker: Broker;
  readonly subscribers: Subscribers;
  /** The link is gone. */
  readonly onClosed: (peer: EdgePeer) => void;
}

/** The next page waits until the link has less than this to send: the live flow shall get through. */
const MAX_UNSENT_FOR_PAGE = 1_048_576;

/** One linked edge, as center has it: answers its requests, and tells it what it subscribed to. */
export class EdgePeer implements LinkHandler, BrokerHandler {
  readonly #link: DelegateLink;
  readonly #parts: PeerParts;
  readonly #channels = new Set<string>();
  readonly #answers = new PendingReplies('an edge did not answer in time, try again');
  #pages: Promise<void> = Promise.resolve();
  #isServing = false;

  constructor(link: DelegateLink, parts: PeerParts) {
    this.#link = link;
    this.#parts = parts;
  }

  /** Whether this edge answers control requests. */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** This edge's answer. Rejects with error 100 once its time is up, or its link is gone. */
  async ask(request: ControlRequest, timeoutMs: number): Promise<ControlReply> {
    const text = JSON.stringify(request);
    const send = (id: number) => this.#link.send(`${LINE.ask} ${id} ${text}`);
    const reply = await this.#answers.open(send, { timeoutMs });
    return JSON.parse(reply.text) as ControlReply;
  }

  handleLine(line: string): void {
    switch (line[0]) {
      case LINE.subscribe: {
        const [id, channel = ''] = fieldsOf(line, 2);
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
        const [id, channel = ''] = fieldsOf(line, 2);
        return this.#settle(id, this.#parts.broker.removeHistory(channel));
      }
      case LINE.serve: {
        this.#isServing = true;
        return this.#done(fieldsOf(line, 2)[0]);
      }
      case LINE.answer: {
        const [id, text = ''] = fieldsOf(line, 2);
        return this.#answers.answer(numberOf(id), text);
      }
      default:
        throw new LineError();
    }
  }

  handleClosed(): void {
    for (const channel of this.#channels) this.#parts.subscribers.remove(channel, this);
    this.#channels.clear();
    this.#parts.onClosed(this);
    this.#answers.failAll(new ProtocolError('internal', 'an edge went away, try again'));
  }

  handlePublication(
    channel: string,
    publication: Publication,
    epoch: string,
    isFirst: boolean,
  ): void {
    this.#link.send(publicationLine(channel, publication, epoch, isFirst));
  }

  /** A new link is how an edge is told of a gap: it asks for all that it missed. */
  handleGap(): void {
    this.#link.destroy('may have missed something');
  }

  handleRemoval(channel: string, upToOffset: number): void {
    this.#link.send(`${LINE.removal} ${channel} ${upToOffset}`);
  }

  #unsubscribe(channel: string): void {
    this.#channels.delete(channel);
    this.#parts.subscribers.remove(channel, this);
  }

  #publish(line: string): void {
    const [id, channel = '', key = '', data = ''] = fieldsOf(line, 4);
    const idempotencyKey = parseKey(key);
    const options = idempotencyKey === undefined ? {} : { idempotencyKey };
    const published = this.#parts.broker.publish(channel, data, options);
    this.#settle(
      id,
      published.then(({ offset, epoch }) => `${offset} ${epoch}`),
    );
  }

  /** Pages leave one after another, and only while there is room on the link. */
  #queuePage(line: string): void {
    const [id, channel = '', since, limit] = fieldsOf(line, 4);
    const from = numberOf(since);
    const count = numberOf(limit);
    this.#pages = this.#pages.then(() => this.#sendPage(id, channel, from, count));
  }

  async #sendPage(id = '', channel: string, since: number, limit: number): Promise<void> {
    await this.#link.untilUnsent(MAX_UNSENT_FOR_PAGE);
    try {
      const page = await this.#parts.broker.history(channel, since, limit);
      for (const { offset, data } of page.publications) {
        this.#link.send(`${LINE.item} ${id} ${offset} ${data}`);
      }
      this.#done(id, pageText(page));
    } catch (error) {
      this.#link.send(`${LINE.failed} ${id} ${errorText(error)}`);
    }
  }

  #settle(id: string | undefined, work: Promise<string | void>): void {
    work.then(
      (text) => this.#done(id, text ?? ''),
      (error: unknown) => this.#link.send(`${LINE.failed} ${id} ${errorText(error)}`),
    );
  }

  #done(id: string | undefined, text = ''): void {
    this.#link.send(`${LINE.done} ${id} ${text}`);
  }
}
