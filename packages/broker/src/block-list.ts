import { ProtocolError } from '@newswire/protocol';

/** The blocked users, each with the time at which it is no longer blocked, in ms since 1970. */
export type BlockedUntil = ReadonlyMap<string, number>;

/** The most users that may be blocked at a time. */
export const MAX_BLOCKED_USERS = 10_000;

/**
 * The users that no edge lets in. Center changes the list and then notifies the edges by the
 * control request `reloadBlocked`; each edge reads the whole list. Methods reject with a temporary
 * ProtocolError (100) while the list cannot be reached.
 */
export interface BlockList {
  /**
   * Blocks a user until a time in ms since 1970; Infinity: without end. Rejects with error 106 if
   * `MAX_BLOCKED_USERS` others are blocked.
   */
  block(user: string, untilMs: number): Promise<void>;
  /** Has no effect if the user is not blocked. */
  unblock(user: string): Promise<void>;
  /** The users that are blocked now. */
  list(): Promise<BlockedUntil>;
}

export function tooManyBlocked(): ProtocolError {
  return new ProtocolError('limitExceeded', `at most ${MAX_BLOCKED_USERS} users may be blocked`);
}

/** The list of one process, which loses it when it ends. */
export class MemoryBlockList implements BlockList {
  readonly #untilMs = new Map<string, number>();
  readonly #now: () => number;

  /** `now`: ms since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async block(user: string, untilMs: number): Promise<void> {
    this.#dropExpired();
    const isNew = !this.#untilMs.has(user);
    if (isNew && this.#untilMs.size >= MAX_BLOCKED_USERS) throw tooManyBlocked();
    this.#untilMs.set(user, untilMs);
  }

  async unblock(user: string): Promise<void> {
    this.#untilMs.delete(user);
  }

  async list(): Promise<BlockedUntil> {
    this.#dropExpired();
    return new Map(this.#untilMs);
  }

  #dropExpired(): void {
    const nowMs = this.#now();
    for (const [user, untilMs] of this.#untilMs) {
      if (untilMs <= nowMs) this.#untilMs.delete(user);
    }
  }
}

/** The text form of a list, on one line. */
export function toBlockedText(blocked: BlockedUntil): string {
  const entries = [...blocked].map(([user, untilMs]) => [user, encodeTime(untilMs)]);
  return JSON.stringify(entries);
}

export function parseBlockedText(text: string): BlockedUntil {
  const entries = JSON.parse(text) as (readonly [string, number | null])[];
  return new Map(entries.map(([user, untilMs]) => [user, untilMs ?? Infinity]));
}

/** JSON has no Infinity. */
function encodeTime(untilMs: number): number | null {
  return untilMs === Infinity ? null : untilMs;
}
