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
import { EVERY_EDGE, splitFields, LINE } from './delegate-lines.js';
import type { EdgePeer } from './delegate-peer.js';
import type { Uplink, UplinkUser } from './delegate-uplink.js';

export interface DelegateControlOptions {
  /** A request fails if it has not been answered within this time, in ms. */
  readonly publishTimeoutMs: number;
}

/**
 * Center's side: sends requests to the linked edges that serve them, also on behalf of other edges.
 */
export class DelegateCenterControl implements Control {
  readonly #peers: ReadonlySet<EdgePeer>;
  readonly #timeoutMs: number;

  constructor(peers: ReadonlySet<EdgePeer>, { publishTimeoutMs }: DelegateControlOptions) {
    this.#peers = peers;
    this.#timeoutMs = publishTimeoutMs;
  }

  serve(): Promise<void> {
    return Promise.reject(new ProtocolError('notAvailable', 'center answers no control requests'));
  }

  async request(request: ControlRequest): Promise<ControlReply[]> {
    const text = toRequestText(request);
    const serving = [...this.#peers].filter(({ uid }) => uid !== undefined);
    const requests = serving.map((peer) => peer.request(text, this.#timeoutMs));
    const results = await Promise.allSettled(requests);
    const answers = results.filter((result) => result.status === 'fulfilled');
    if (answers.length === requests.length) return answers.map(({ value }) => parseAnswer(value));
    throw missingReplies(answers.length, requests.length, this.#timeoutMs);
  }

  async requestFrom(uid: string, request: ControlRequest): Promise<ControlReply> {
    const text = toRequestText(request);
    const peer = [...this.#peers].find((each) => each.uid === uid);
    if (peer === undefined) throw noSuchEdge();
    return parseAnswer(await peer.request(text, this.#timeoutMs));
  }
}

/**
 * An edge's side: answers center's requests on every link, and sends its own requests through
 * center.
 */
export class DelegateEdgeControl implements Control, UplinkUser {
  readonly #uplink: Uplink;
  readonly #timeoutMs: number;
  readonly #onListenerFault: (error: unknown) => void;
  #served: { readonly handler: ControlHandler; readonly uid: string } | undefined;

  constructor(
    uplink: Uplink,
    { publishTimeoutMs }: DelegateControlOptions,
    onListenerFault: (error: unknown) => void,
  ) {
    this.#uplink = uplink;
    this.#timeoutMs = publishTimeoutMs;
    this.#onListenerFault = onListenerFault;
    uplink.use(this);
  }

  /** Once `serve` was called, this edge registers with center on later links too. */
  async serve(handler: ControlHandler, uid: string): Promise<void> {
    checkUid(uid);
    this.#served = { handler, uid };
    await this.#uplink.request(LINE.serve, uid, { timeoutMs: this.#timeoutMs });
  }

  async request(request: ControlRequest): Promise<ControlReply[]> {
    return JSON.parse(await this.#relay(EVERY_EDGE, request)) as ControlReply[];
  }

  async requestFrom(uid: string, request: ControlRequest): Promise<ControlReply> {
    if (!isUid(uid)) throw noSuchEdge();
    return JSON.parse(await this.#relay(uid, request)) as ControlReply;
  }

  handleUp(): void {
    if (this.#served === undefined) return;
    this.#uplink.request(LINE.serve, this.#served.uid).catch(() => undefined);
  }

  handleDown(): void {
    // Center's requests end with the link; the uplink ends this edge's requests.
  }

  handleLine(line: string): boolean {
    if (line[0] !== LINE.request) return false;
    const [id = '', text = ''] = splitFields(line, 2);
    void this.#answer(id, text);
    return true;
  }

  async #answer(id: string, request: string): Promise<void> {
    if (this.#served === undefined) return; // not registered with center: the request times out
    const { handler } = this.#served;
    const answer = await answerText(handler, request, this.#onListenerFault);
    this.#uplink.send(`${LINE.answer} ${id} ${answer}`);
  }

  async #relay(uid: string, request: ControlRequest): Promise<string> {
    const line = `${uid} ${toRequestText(request)}`;
    return (await this.#uplink.request(LINE.relay, line, { timeoutMs: this.#timeoutMs })).text;
  }
}
