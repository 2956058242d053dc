import type { BlockedUntil, BlockList } from '@newswire/broker';
import { type Access, AccessClosedError, type Credentials } from './access.js';

/** How often an edge reads the list, in case that it missed a notification. */
export const BLOCKED_RELOAD_MS = 10_000;

export interface BlockedUsersOptions {
  readonly list: Pick<BlockList, 'list'>;
  /** ms since 1970. */
  readonly now: () => number;
  /** Closes the connections of a user that is blocked now. */
  readonly onBlocked: (user: string) => void;
}

/** An edge's copy of the list of blocked users. */
export class BlockedUsers {
  readonly #options: BlockedUsersOptions;
  #untilMs: BlockedUntil = new Map();
  #lastRead: Promise<void> = Promise.resolve();

  constructor(options: BlockedUsersOptions) {
    this.#options = options;
  }

  has(user: string): boolean {
    if (this.#untilMs.size === 0 || user === '') return false;
    const untilMs = this.#untilMs.get(user);
    return untilMs !== undefined && untilMs > this.#options.now();
  }

  /**
   * Reads the list, and reports each user that it holds: also those from before, because a
   * connection may have been authenticated while the list was read. One read after another, so that
   * an older one does not replace a newer one.
   */
  reload(): Promise<void> {
    const read = this.#lastRead.then(() => this.#read());
    this.#lastRead = read.catch(() => undefined);
    return read;
  }

  async #read(): Promise<void> {
    this.#untilMs = await this.#options.list.list();
    for (const user of this.#untilMs.keys()) if (this.has(user)) this.#options.onBlocked(user);
  }
}

/** Access for all but blocked users, whose connections are closed with 3507. */
export function refuseBlocked(access: Access, blocked: Pick<BlockedUsers, 'has'>): Access {
  const check = (credentials: Credentials) => {
    if (blocked.has(credentials.user)) throw AccessClosedError.of('permissionDenied');
    return credentials;
  };
  return {
    connect: (request) => {
      const result = access.connect(request);
      return result instanceof Promise ? result.then(check) : check(result);
    },
    refresh: async (...args) => check(await access.refresh(...args)),
    subscribe: (attempt) => access.subscribe(attempt),
    subRefresh: (attempt) => access.subRefresh(attempt),
  };
}
