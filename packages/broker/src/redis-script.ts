import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from './redis-link.js';

/** A Lua script in a file of its own, run by its hash and sent whole only where Redis lacks it. */
export class RedisScript {
  readonly #text: string;
  readonly #sha: string;

  /** `name` is a file in this package's lua/ folder. */
  constructor(name: string) {
    this.#text = readFileSync(new URL(`../lua/${name}`, import.meta.url), 'utf8');
    this.#sha = createHash('sha1').update(this.#text).digest('hex');
  }

  async run(client: RedisClient, keys: string[], args: (string | number)[]): Promise<unknown> {
    const options = { keys, arguments: args.map(String) };
    try {
      return await client.evalSha(this.#sha, options);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return client.eval(this.#text, options);
    }
  }
}
