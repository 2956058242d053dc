import {
  type BlockedUntil,
  type BlockList,
  MAX_BLOCKED_USERS,
  tooManyBlocked,
} from '@newswire/broker';
import { redisIsAway, toProtocolError, withTimeout } from './redis-faults.js';
import type { RedisLink } from './redis-link.js';

export interface RedisBlockListOptions {
  /** A request fails if Redis has not answered within this time, in ms. */
  readonly publishTimeoutMs: number;
}

/** A sorted set: users by the time in ms at which they are no longer blocked. */
export class RedisBlockList implements BlockList {
  readonly #link: RedisLink;
  readonly #timeoutMs: number;

  constructor(link: RedisLink, { publishTimeoutMs }: RedisBlockListOptions) {
    this.#link = link;
    this.#timeoutMs = publishTimeoutMs;
  }

  async block(user: string, untilMs: number): Promise<void> {
    const others = await this.list();
    if (!others.has(user) && others.size >= MAX_BLOCKED_USERS) throw tooManyBlocked();
    await this.#run('ZADD', encodeScore(untilMs), user);
    await this.#run('ZREMRANGEBYSCORE', '-inf', String(Date.now()));
  }

  async unblock(user: string): Promise<void> {
    await this.#run('ZREM', user);
  }

  async list(): Promise<BlockedUntil> {
    const reply = await this.#run('ZRANGEBYSCORE', `(${Date.now()}`, '+inf', 'WITHSCORES');
    const texts = reply as readonly string[];
    const blocked = new Map<string, number>();
    for (let i = 0; i < texts.length; i += 2) {
      blocked.set(String(texts[i]), decodeScore(String(texts[i + 1])));
    }
    return blocked;
  }

  async #run(command: string, ...args: readonly string[]): Promise<unknown> {
    const { identity, commands, names } = this.#link;
    if (identity === undefined) throw redisIsAway();
    try {
      const reply = commands.sendCommand([command, names.blockedKey, ...args]);
      return await withTimeout(reply, this.#timeoutMs);
    } catch (error) {
      this.#link.handleRefusals([error]);
      throw toProtocolError(error);
    }
  }
}

function encodeScore(untilMs: number): string {
  return untilMs === Infinity ? '+inf' : String(untilMs);
}

function decodeScore(score: string): number {
  return score === 'inf' ? Infinity : Number(score);
}
