import { callApi, until } from '@newswire/testkit';
import type { Step } from './document.js';
import type { Peer } from './peers.js';
import type { Setting } from './setting.js';

const TIMEOUT_MS = 5000;

/** Clients that send and receive, and calls of the server API in between. */
export class Conversation {
  readonly #setting: Setting;
  readonly #open: () => Promise<Peer>;
  readonly #peers = new Map<string, Peer>();

  /** `open` connects another client. */
  constructor(setting: Setting, open: () => Promise<Peer>) {
    this.#setting = setting;
    this.#open = open;
  }

  async take({ kind, client, text }: Step): Promise<void> {
    const { placeholders } = this.#setting;
    if (kind === 'call') return this.#call(text);
    const peer = await this.#peer(client);
    if (kind === 'send') return peer.send(text === CLOSE ? text : placeholders.fill(text));
    await peer.flush();
    const actual = await peer.next(text);
    if (actual === undefined || placeholders.matches(text, actual)) return undefined;
    throw new Error(`expected ${text}\nbut got ${actual}`);
  }

  async end(): Promise<readonly string[]> {
    return (await Promise.all([...this.#peers.values()].map((peer) => peer.end()))).flat();
  }

  async #peer(client: string): Promise<Peer> {
    const peer = this.#peers.get(client) ?? (await this.#open());
    this.#peers.set(client, peer);
    return peer;
  }

  /** `METHOD {…}`, which has to succeed; or `METHOD {…} → {…}`, repeated until that is the result. */
  async #call(text: string): Promise<void> {
    for (const peer of this.#peers.values()) await peer.flush();
    const { url, apiKey, placeholders } = this.#setting;
    const [, method = '', body = '', expected] = /^(\w+) (.*?)(?: → (.*))?$/.exec(text) ?? [];
    const headers: Record<string, string> = apiKey === undefined ? {} : { 'X-API-Key': apiKey };
    let answer: { readonly result?: unknown } = {};
    const isDone = async () => {
      answer = (await callApi(url, method, placeholders.fill(body), headers)) as object;
      if (expected === undefined || answer.result === undefined) return true;
      return placeholders.matches(expected, JSON.stringify(answer.result));
    };
    await until(text, isDone, TIMEOUT_MS).catch((error: Error) => {
      throw new Error(`${error.message}; got ${JSON.stringify(answer)}`);
    });
    if (answer.result === undefined) throw new Error(`${text}; got ${JSON.stringify(answer)}`);
  }
}

const CLOSE = '<close>';
