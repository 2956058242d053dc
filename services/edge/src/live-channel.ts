import type { Publication, Wire } from '@newswire/protocol';
import type { Session } from './session.js';

/** What a new publication means for a channel that has heard others before. */
export type Continuity = 'next' | 'repeated' | 'gap';

/** A channel with at least one session on it: who listens, and what waits for the next flush. */
export class LiveChannel {
  readonly name: string;
  /** Listening sessions by the wire they speak. */
  readonly audiences = new Map<Wire, Set<Session>>();
  /** Heard but not yet flushed, oldest first. */
  pending: Publication[] = [];
  /** True once the broker's subscription is in force. */
  isLive = false;
  #epoch: string | undefined;
  #offset = 0;

  constructor(name: string) {
    this.name = name;
  }

  get offset(): number {
    return this.#offset;
  }

  add(session: Session): void {
    const audience = this.audiences.get(session.wire);
    if (audience === undefined) this.audiences.set(session.wire, new Set([session]));
    else audience.add(session);
  }

  remove(session: Session): void {
    const audience = this.audiences.get(session.wire);
    audience?.delete(session);
    if (audience?.size === 0) this.audiences.delete(session.wire);
  }

  get isEmpty(): boolean {
    return this.audiences.size === 0;
  }

  /** All sessions of all wires, as they are now: safe to walk while they leave. */
  sessions(): Session[] {
    return [...this.audiences.values()].flatMap((audience) => [...audience]);
  }

  get sessionCount(): number {
    let count = 0;
    for (const { size } of this.audiences.values()) count += size;
    return count;
  }

  /** Takes in one publication unless it was heard before, and says how it follows the last one. */
  hear(publication: Publication, epoch: string): Continuity {
    const isFirst = this.#epoch === undefined;
    if (!isFirst && epoch === this.#epoch && publication.offset <= this.#offset) return 'repeated';
    const follows = epoch === this.#epoch && publication.offset === this.#offset + 1;
    this.#epoch = epoch;
    this.#offset = publication.offset;
    this.pending.push(publication);
    return isFirst || follows ? 'next' : 'gap';
  }

  /** The oldest pending publications, up to `maxBytes` of them, but always one if there is one. */
  takePending(maxBytes: number): Publication[] {
    let count = 0;
    for (let bytes = 0; count < this.pending.length; count++) {
      bytes += this.pending[count]?.data.length ?? 0;
      if (bytes > maxBytes && count > 0) break;
    }
    if (count < this.pending.length) return this.pending.splice(0, count);
    const all = this.pending;
    this.pending = [];
    return all;
  }
}

/** What a channel's sessions of one wire join: each wire has frames of its own. */
export function topicOf(wire: Wire, channel: string): string {
  return `${wire.name} ${channel}`;
}
