import type { HistoryPage } from '@newswire/broker';
import type { Position, Publication, Wire } from '@newswire/protocol';
import type { Session } from './session.js';

/**
 * What a heard publication means: taken in as the next one, heard before, ahead of ones that are
 * missing, or waiting in the log until the missing ones are filled in.
 */
export type Continuity = 'next' | 'repeated' | 'gap' | 'later';

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
  /** While a gap is being filled: the highest offset heard meanwhile. */
  #heardWhileFilling: number | undefined;

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

  /** Takes in one publication if it is the next one. */
  hear(publication: Publication, epoch: string): Continuity {
    const { offset } = publication;
    if (this.#heardWhileFilling !== undefined) {
      this.#heardWhileFilling = Math.max(this.#heardWhileFilling, offset);
      return 'later';
    }
    const last = this.#last;
    if (last !== undefined && epoch === last.epoch && offset <= last.offset) return 'repeated';
    const follows =
      last === undefined ? this.#canBeFirst(offset, epoch) : follow(last, offset, epoch);
    if (!follows) return 'gap';
    this.#last = { offset, epoch };
    this.pending.push(publication);
    return 'next';
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

  /** Up to where everything was taken in; undefined before that is known. */
  get position(): Position | undefined {
    return this.#last ?? this.#start;
  }

  /** The highest offset heard since the gap was noticed; undefined while there is none. */
  get heardWhileFilling(): number | undefined {
    return this.#heardWhileFilling;
  }

  /** From now on publications are only noted: the log is read instead. False if it is already. */
  beginFilling(heardOffset: number): boolean {
    if (this.#heardWhileFilling !== undefined) return false;
    this.#heardWhileFilling = heardOffset;
    return true;
  }

  /**
   * Takes in a page of the log from the position on. `mustReach` is what was heard before the page
   * was asked for: a publication is in the log before it is told. `whole`: the live flow goes on
   * from here. `impossible`: the log has lost what comes next, or is another one.
   */
  fill({ publications, top }: HistoryPage, mustReach: number): 'whole' | 'more' | 'impossible' {
    const from = this.position;
    if (from === undefined) return 'impossible';
    if (top.offset > 0 && !this.#takePage(publications, from, top)) return 'impossible';
    const reached = this.position?.offset ?? 0;
    if (reached < top.offset) return 'more';
    if (reached < mustReach) return 'impossible';
    if (reached < (this.#heardWhileFilling ?? 0)) return 'more';
    this.#heardWhileFilling = undefined;
    return 'whole';
  }

  #takePage(publications: readonly Publication[], from: Position, top: Position): boolean {
    const isSameLog = top.epoch === from.epoch || from.offset === 0;
    if (!isSameLog) return false;
    if (publications.length === 0) return top.offset === from.offset;
    const isNext = ({ offset }: Publication, i: number) => offset === from.offset + 1 + i;
    if (!publications.every(isNext)) return false;
    this.pending.push(...publications);
    this.#last = { offset: from.offset + publications.length, epoch: top.epoch };
    return true;
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
