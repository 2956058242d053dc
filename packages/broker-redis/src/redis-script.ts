import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The part of a client that a script needs. */
export interface ScriptClient {
  sendCommand(args: string[]): Promise<unknown>;
}

/**
 * A Lua script, composed of files. It runs by its hash; the whole text is sent only if Redis lacks
 * it.
 */
export class RedisScript {
  readonly #text: string;
  readonly #sha: string;

  /** `names` are files in this package's lua/ folder, which together make up the script. */
  constructor(...names: readonly string[]) {
    const texts = names.map((name) =>
      readFileSync(new URL(`../lua/${name}`, import.meta.url), 'utf8'),
    );
    this.#text = texts.join('\n');
    this.#sha = createHash('sha1').update(this.#text).digest('hex');
  }

  /**
   * `onMissing` is called before the whole script is sent: calls sent in the meantime would
   * overtake it.
   */
  async run(
    client: ScriptClient,
    keys: readonly string[],
    args: readonly string[],
    onMissing?: () => void,
  ): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await client.sendCommand(['EVALSHA', this.#sha, ...rest]);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      onMissing?.();
      return client.sendCommand(['EVAL', this.#text, ...rest]);
    }
  }
}
