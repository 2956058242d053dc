import { ProtocolError } from '@newswire/protocol';
import type { Control, ControlHandler, ControlReply, ControlRequest } from '../control.js';
import { fieldsOf, LINE } from './delegate-lines.js';
import type { EdgePeer } from './delegate-peer.js';
import type { Uplink, UplinkUser } from './delegate-uplink.js';

export interface DelegateControlOptions {
  /** A request that has not been answered by then fails, in ms. */
  readonly publishTimeoutMs: number;
}

/** Center's part: asks every linked edge that answers requests. */
export class DelegateCenterControl implements Control {
  readonly #peers: ReadonlySet<EdgePeer>;
  readonly #timeoutMs: number;

  constructor(peers: ReadonlySet<EdgePeer>, { publishTimeoutMs }: DelegateControlOptions) {
    this.#peers = peers;
    this.#timeoutMs = publishTimeoutMs;
  }

  serve(): Promise<void> {
    return Promise.reject(new ProtocolError('notAvailable', 'center is asked by nobody'));
  }

  async request(request: ControlRequest): Promise<ControlReply[]> {
    const serving = [...this.#peers].filter(({ isServing }) => isServing);
    const asked = serving.map((peer) => peer.ask(request, this.#timeoutMs));
    const results = await Promise.allSettled(asked);
    const replies = results.filter((result) => result.status === 'fulfilled');
    if (replies.length === asked.length) return replies.map(({ value }) => value);
    const got = `${replies.length} of ${asked.length} edges answered`;
    throw new ProtocolError('internal', `${got} within ${this.#timeoutMs} ms, try again`);
  }
}

/** An edge's part: answers center, on whichever link it asks. */
export class DelegateEdgeControl implements Control, UplinkUser {
  readonly #uplink: Uplink;
  readonly #timeoutMs: number;
  readonly #onListenerFault: (error: unknown) => void;
  #handler: ControlHandler | undefined;

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

  /** Once center has heard of it, this edge answers on later links too. */
  async serve(handler: ControlHandler): Promise<void> {
    this.#handler = handler;
    await this.#uplink.ask(LINE.serve, '', { timeoutMs: this.#timeoutMs });
  }

  request(): Promise<ControlReply[]> {
    return Promise.reject(new ProtocolError('notAvailable', 'an edge asks nobody'));
  }

  handleUp(): void {
    if (this.#handler === undefined) return;
    this.#uplink.ask(LINE.serve, '').catch(() => undefined);
  }

  handleDown(): void {
    // Center's requests end with the link, and ours with the uplink.
  }

  handleLine(line: string): boolean {
    if (line[0] !== LINE.ask) return false;
    const [id, text = ''] = fieldsOf(line, 2);
    try {
      const reply = this.#handler?.(JSON.parse(text) as ControlRequest);
      // Without an answer center's request times out, and says so.
      if (reply !== undefined) this.#uplink.send(`${LINE.answer} ${id} ${JSON.stringify(reply)}`);
    } catch (error) {
      this.#onListenerFault(error);
    }
    return true;
  }
}
