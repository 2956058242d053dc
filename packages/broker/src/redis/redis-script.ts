import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What a script needs of a client. */
export interface ScriptClient {
  sendCommand(args: string[]): Promise<unknown>;
}

/** Lua in files of its own, run by its hash and sent whole only where Redis lacks it. */
export class RedisScript {
  readonly #text: string;
  readonly #sha: string;

  /** `names` are files in this package's lua/ folder, which together make up the script. */
  constructor(...names: readonly string[]) {
    const texts = names.map((name) =>
      readFileSync(new URL(`../../lua/${name}`, import.meta.url), 'utf8'),
    );
    this.#text = texts.join('\n');
    this.#sha = createHash('sha1').update(this.#text).digest('hex');
  }

  /** `onMissing` is called before it is sent whole: calls sent meanwhile would overtake it. */
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
