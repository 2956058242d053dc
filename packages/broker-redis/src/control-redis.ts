import { randomUUID } from 'node:crypto';
import { ProtocolError } from '@newswire/protocol';
import {
  type Control,
  type ControlHandler,
  type ControlReply,
  type ControlRequest,
  answerText,
  checkUid,
  isUid,
  missingReplies,
  noSuchEdge,
  parseAnswer,
  toRequestText,
} from '@newswire/broker';
import { toProtocolError } from './redis-faults.js';
import type { RedisLink } from './redis-link.js';

export interface RedisControlOptions {
  /** A request fails if not every edge has answered within this time, in ms. */
  readonly publishTimeoutMs: number;
}

/**
 * Requests over Redis pub/sub: `<id> <reply topic> <request>`, answered by `<id> <answer>`. Only
 * edges subscribe to the topics of requests, so PUBSUB NUMSUB returns the number of answers to wait
 * for. (PUBLISH's own reply would also count subscribers by a pattern.)
 */
export class RedisControl implements Control {
  readonly #link: RedisLink;
  readonly #timeoutMs: number;
  readonly #replyTopic: string;
  readonly #pending = new Map<string, ReplyCollector>();
  #listening: Promise<void> | undefined;
  #lastId = 0;

  constructor(link: RedisLink, { publishTimeoutMs }: RedisControlOptions) {
    this.#link = link;
    this.#replyTopic = link.names.replyTopic(randomUUID());
    this.#timeoutMs = publishTimeoutMs;
  }

  async serve(handler: ControlHandler, uid: string): Promise<void> {
    checkUid(uid);
    const listen = this.#link.guarded((message) => this.#handle(handler, message));
    const { names, subscriber } = this.#link;
    await subscriber.subscribe([names.controlTopic, names.getControlTopic(uid)], listen);
  }

  async request(request: ControlRequest): Promise<ControlReply[]> {
    const answers = await this.#request(this.#link.names.controlTopic, request);
    return answers.map(parseAnswer);
  }

  async requestFrom(uid: string, request: ControlRequest): Promise<ControlReply> {
    if (!isUid(uid)) throw noSuchEdge();
    const [answer] = await this.#request(this.#link.names.getControlTopic(uid), request);
    if (answer === undefined) throw noSuchEdge();
    return parseAnswer(answer);
  }

  #handle(handler: ControlHandler, message: string): void {
    const [id = '', replyTopic] = message.split(' ', 2);
    if (replyTopic === undefined) throw new SyntaxError('a control request has no return topic');
    const request = message.slice(id.length + replyTopic.length + 2);
    const { commands, onListenerFault } = this.#link;
    answerText(handler, request, onListenerFault)
      .then((answer) => commands.publish(replyTopic, `${id} ${answer}`))
      // Without an answer, the request fails with a timeout error.
      .catch(() => undefined);
  }

  async #request(topic: string, request: ControlRequest): Promise<readonly string[]> {
    const text = toRequestText(request);
    const id = String(++this.#lastId);
    const answers = new ReplyCollector(this.#timeoutMs);
    this.#pending.set(id, answers);
    try {
      const message = `${id} ${this.#replyTopic} ${text}`;
      // The time limit includes sending: Redis may accept the connection and never answer.
      return await Promise.race([answers.all, this.#send(topic, message, answers)]);
    } catch (error) {
      this.#link.handleRefusals([error]);
      throw toProtocolError(error);
    } finally {
      answers.abandon();
      this.#pending.delete(id);
    }
  }

  async #send(topic: string, message: string, answers: ReplyCollector): Promise<readonly string[]> {
    await (this.#listening ??= this.#listen());
    const [listening] = await this.#link.commands
      .multi()
      .pubSubNumSub([topic])
      .publish(topic, message)
      .execTyped();
    answers.expect(Number(listening[topic]));
    return answers.all;
  }

  /** Runs once: the client library subscribes again whenever Redis is back. */
  async #listen(): Promise<void> {
    const listen = this.#link.guarded((message) => {
      const end = message.indexOf(' ');
      this.#pending.get(message.slice(0, end))?.add(message.slice(end + 1));
    });
    try {
      await this.#link.subscriber.subscribe(this.#replyTopic, listen);
    } catch (error) {
      this.#listening = undefined;
      throw error;
    }
  }
}

/** Collects the expected number of answers, or fails after the timeout. */
class ReplyCollector {
  readonly all: Promise<readonly string[]>;
  readonly #answers: string[] = [];
  readonly #timer: NodeJS.Timeout;
  #expected = Infinity;
  #resolve!: (answers: readonly string[]) => void;

  constructor(timeoutMs: number) {
    let fail: (error: Error) => void;
    this.all = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      fail = reject;
    });
    // A caller that awaits `all` gets the error. If no caller awaits it yet, the rejection must not
    // end the process.
    this.all.catch(() => undefined);
    this.#timer = setTimeout(() => fail(this.#missing(timeoutMs)), timeoutMs);
  }

  add(answer: string): void {
    this.#answers.push(answer);
    this.#settle();
  }

  expect(count: number): void {
    this.#expected = count;
    this.#settle();
  }

  abandon(): void {
    clearTimeout(this.#timer);
  }

  #settle(): void {
    if (this.#answers.length < this.#expected) return;
    clearTimeout(this.#timer);
    this.#resolve(this.#answers);
  }

  #missing(timeoutMs: number): ProtocolError {
    if (this.#expected === Infinity) {
      return new ProtocolError('internal', 'Redis did not answer in time, try again');
    }
    return missingReplies(this.#answers.length, this.#expected, timeoutMs);
  }
}
