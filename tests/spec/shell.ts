import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from '@newswire/testkit';
import type { Step } from './document.js';
import type { Setting } from './setting.js';

const run = promisify(execFile);

const NEWSWIRE = `newswire() { "${process.execPath}" "${ROOT}packages/cli/bin/newswire.js" "$@"; }`;

/** Commands, each with what it prints. In them, http://localhost:9900 is the examples' server. */
export class Shell {
  readonly #setting: Setting;
  #printed: string[] = [];

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  async take({ kind, text }: Step): Promise<void> {
    const { placeholders } = this.#setting;
    if (kind === 'send') return this.#execute(placeholders.fill(text));
    const actual = this.#printed.shift() ?? '';
    if (placeholders.matches(text, actual)) return undefined;
    throw new Error(`expected ${text}\nbut got ${actual}`);
  }

  async end(): Promise<readonly string[]> {
    return this.#printed;
  }

  async #execute(command: string): Promise<void> {
    const [unexpected] = this.#printed;
    if (unexpected !== undefined) throw new Error(`nobody expected ${unexpected}`);
    const { url, apiKey, environment } = this.#setting;
    const key = apiKey === undefined ? {} : { NEWSWIRE_API_KEY: apiKey };
    const env = { ...process.env, ...environment, NEWSWIRE_URL: url, ...key };
    const script = `${NEWSWIRE}\n${command.replaceAll('http://localhost:9900', url)}`;
    const { stdout } = await run('sh', ['-c', script], { env, cwd: ROOT });
    this.#printed = stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n');
  }
}
