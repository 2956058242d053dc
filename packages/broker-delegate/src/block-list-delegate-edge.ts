import { ProtocolError } from '@newswire/protocol';
import { type BlockedUntil, type BlockList, parseBlockedText } from '@newswire/broker';
import { LINE } from './delegate-lines.js';
import type { Uplink } from './delegate-uplink.js';

/** An edge reads center's list, which only center changes. */
export class DelegateEdgeBlockList implements BlockList {
  readonly #uplink: Uplink;
  readonly #timeoutMs: number;

  constructor(uplink: Uplink, { publishTimeoutMs }: { readonly publishTimeoutMs: number }) {
    this.#uplink = uplink;
    this.#timeoutMs = publishTimeoutMs;
  }

  block(): Promise<void> {
    return Promise.reject(new ProtocolError('notAvailable', 'an edge blocks no users'));
  }

  unblock(): Promise<void> {
    return this.block();
  }

  async list(): Promise<BlockedUntil> {
    const reply = await this.#uplink.request(LINE.blocked, '', { timeoutMs: this.#timeoutMs });
    return parseBlockedText(reply.text);
  }
}
