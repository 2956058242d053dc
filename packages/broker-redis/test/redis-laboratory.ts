import { randomUUID } from 'node:crypto';
import type { PublishLink } from '../src/publish-queue.js';
import { isFromReplica } from '../src/redis-faults.js';
import type { RedisClient } from '../src/redis-link.js';
import { RedisNames } from '../src/redis-names.js';

/** One publication that took effect, with the answer of publish.lua. */
export interface Given {
  readonly channel: string;
  readonly data: string;
  readonly offset: number;
  readonly epoch: string;
}

interface Call {
  readonly args: string[];
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
  reply?: unknown;
}

const COPY = `
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  redis.call('COPY', key, ARGV[2] .. key:sub(#ARGV[1] + 1), 'REPLACE')
end`;

const REMOVE = `
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do redis.call('DEL', key) end`;

/**
 * A real Redis behind a link that the test controls: requests wait until they are executed, answers
 * wait until they are delivered, connections break in between, and data is lost.
 */
export class RedisLaboratory implements PublishLink {
  readonly names = new RedisNames('redis://localhost');
  readonly commands = { sendCommand: (args: string[]) => this.#take(args) };
  /** All publications that took effect, including unanswered ones and those lost since. */
  readonly given: Given[] = [];
  identity: string | undefined = 'first';
  readonly #client: RedisClient;
  #waiting: Call[] = [];
  #executed: Call[] = [];

  constructor(client: RedisClient) {
    this.#client = client;
  }

  handleRefusals(faults: readonly unknown[]): void {
    if (faults.some(isFromReplica)) throw new Error('nothing is a replica here');
  }

  async execute(): Promise<void> {
    const call = this.#waiting.shift();
    if (call === undefined) return;
    call.reply = await this.#run(call.args);
    this.#executed.push(call);
  }

  answer(): void {
    for (const { resolve, reply } of this.#executed.splice(0)) resolve(reply);
  }

  /**
   * Requests that Redis had not read are executed now or never. No request of that connection takes
   * effect after one of the next connection: RedisLink guarantees this.
   */
  async cut(isReadNevertheless: boolean): Promise<void> {
    const unread = this.#waiting.splice(0);
    const { identity } = this;
    this.identity = undefined;
    for (const { reject } of [...this.#executed.splice(0), ...unread]) {
      reject(new Error('Socket closed unexpectedly'));
    }
    if (isReadNevertheless) for (const { args } of unread) await this.#run(args);
    this.identity = identity;
  }

  async remember(): Promise<void> {
    await this.#client.eval(REMOVE, { arguments: ['kept:'] });
    await this.#client.eval(COPY, { arguments: ['nw0:', 'kept:'] });
  }

  /** The server restarts with its current data, or with the remembered data. */
  async restart(isRolledBack: boolean): Promise<void> {
    await this.cut(false);
    this.identity = undefined;
    if (isRolledBack) {
      await this.flush();
      await this.#client.eval(COPY, { arguments: ['kept:', 'nw0:'] });
    }
    this.identity = randomUUID();
  }

  /** One key is lost, by deletion or eviction. */
  async lose(key: string): Promise<void> {
    await this.#client.del(key);
  }

  async flush(): Promise<void> {
    await this.#client.eval(REMOVE, { arguments: ['nw0:'] });
  }

  #take(args: string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ args, resolve, reject });
    });
  }

  async #run(args: string[]): Promise<unknown> {
    const replies = (await this.#client.sendCommand(args)) as (number | string)[];
    const keyCount = Number(args[2]);
    for (const [i, reply] of replies.entries()) {
      const channel = /\{(.*)\}/.exec(args[4 + i * 2] ?? '')?.[1] ?? '';
      const [data = '', known = ''] = args.slice(3 + keyCount + 7 + i * 2);
      const [offset, epoch = ''] =
        typeof reply === 'number' ? [reply, known.split(' ')[0]] : reply.split(' ');
      this.given.push({ channel, data, offset: Number(offset), epoch });
    }
    return replies;
  }
}
