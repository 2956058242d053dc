import type { Position, Publication, Wire } from '@newswire/protocol';
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
  /** Where the log ended when listening began: all that is known until the first publication. */
  #start: Position | undefined;
  #last: Position | undefined;

  constructor(name: string) {
    this.name = name;
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
    const { offset } = publication;
    const last = this.#last;
    if (last !== undefined && epoch === last.epoch && offset <= last.offset) return 'repeated';
    const follows =
      last === undefined ? this.#canBeFirst(offset, epoch) : follow(last, offset, epoch);
    this.#last = { offset, epoch };
    this.pending.push(publication);
    return follows ? 'next' : 'gap';
  }

  /** The first one may be older than the log's end: the answer that told the end overtook it. */
  #canBeFirst(offset: number, epoch: string): boolean {
    const start = this.#start;
    if (start === undefined) return true;
    if (start.offset === 0) return offset === 1;
    return follow(start, offset, epoch) || (epoch === start.epoch && offset <= start.offset);
  }

  /** The broker's subscription is in force, and the log ends here. */
  beginAt(top: Position): void {
    this.isLive = true;
    this.#start = top;
  }

  /** Whether the log, which ends at `top`, has something that was never heard. */
  lacks(top: Position): boolean {
    if (top.offset === 0) return false;
    const known = this.#last ?? this.#start;
    return known === undefined || known.epoch !== top.epoch || known.offset < top.offset;
  }

  /** The oldest pending publications, up to `maxBytes` of them, but always one if there is one. */
  takePending(maxBytes: number): Publication[] {
    let count = 0;
    for (let bytes = 0; count < this.pending.length; count++) {
      bytes += Buffer.byteLength(this.pending[count]?.data ?? '');
      if (bytes > maxBytes && count > 0) break;
    }
    if (count < this.pending.length) return this.pending.splice(0, count);
    const all = this.pending;
    this.pending = [];
    return all;
  }
}

function follow(position: Position, offset: number, epoch: string): boolean {
  return epoch === position.epoch && offset === position.offset + 1;
}

/** What a channel's sessions of one wire join: each wire has frames of its own. */
export function topicOf(wire: Wire, channel: string): string {
  return `${wire.name} ${channel}`;
}
