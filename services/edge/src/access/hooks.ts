import { ProtocolError, type JsonLine } from '@newswire/protocol';
import type { Config } from '@newswire/runtime';
import type { Origin } from '@newswire/transport';
import type { ConnectRequest, Credentials, SubscribeAttempt, SubscribeGrant } from './access.js';
import { AccessClosedError, HookRefusal } from './access.js';
import { readConnectAnswer, readSubscribeAnswer, type HookAnswer } from './hook-answers.js';
import { HookClient } from './hook-client.js';

export const HOOK_SETTINGS = [
  'connectHookUrl',
  'subscribeHookUrl',
  'hookTimeoutMs',
  'hookHeaders',
] as const;

type HookConfig = Config<(typeof HOOK_SETTINGS)[number]>;

/** Which request headers a connection's `Origin` has to hold for the hooks: none without hooks. */
export function hookHeaderNames(config: HookConfig): readonly string[] {
  const { connectHookUrl, subscribeHookUrl, hookHeaders } = config;
  if (connectHookUrl === undefined && subscribeHookUrl === undefined) return [];
  return hookHeaders.filter((name) => name !== ADDRESS_HEADER);
}

/** Stands for the client's address, whatever a header of that name says. */
const ADDRESS_HEADER = 'x-real-ip';

/** Visible ASCII, spaces and tabs, and what is beyond ASCII: nothing that ends a line. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const MAX_HEADER_LENGTH = 8192;

/** The backend, asked in the form of Centrifugo's proxies. Undefined: no such hook is configured. */
export class Hooks {
  readonly #connect: HookClient | undefined;
  readonly #subscribe: HookClient | undefined;
  readonly #headers: readonly string[];

  constructor(config: HookConfig, onFailure: (message: string) => void) {
    const { connectHookUrl, subscribeHookUrl, hookTimeoutMs: timeoutMs, hookHeaders } = config;
    const client = (name: string, url: URL | undefined) =>
      url && new HookClient({ name, url, timeoutMs, onFailure });
    this.#connect = client('the connect hook', connectHookUrl);
    this.#subscribe = client('the subscribe hook', subscribeHookUrl);
    this.#headers = hookHeaders;
  }

  connect(request: ConnectRequest): Promise<Credentials> | undefined {
    const { client, origin, name, version, data } = request;
    return this.#connect
      ?.ask(
        jsonText({ ...basics(client, origin), name, version }, { data }),
        this.#forwarded(origin, request.headers),
        readConnectAnswer,
      )
      .then(orThrow);
  }

  subscribe(attempt: SubscribeAttempt): Promise<SubscribeGrant> | undefined {
    const { client, origin, channel, token, data, credentials } = attempt;
    const { user, meta } = credentials;
    return this.#subscribe
      ?.ask(
        jsonText({ ...basics(client, origin), user, channel, token }, { data, meta }),
        this.#forwarded(origin, {}),
        readSubscribeAnswer,
      )
      .then(orThrow);
  }

  /** The chosen headers; what a client says in its command counts only where its request is silent. */
  #forwarded(
    origin: Origin | undefined,
    said: Readonly<Record<string, string>>,
  ): Record<string, string> {
    const sayings = new Map(
      Object.entries(said).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const headers: Record<string, string> = {};
    for (const name of this.#headers) {
      const value =
        name === ADDRESS_HEADER ? origin?.address : origin?.headers[name] || sayings.get(name);
      if (value === undefined || value === '') continue;
      if (value.length > MAX_HEADER_LENGTH || !HEADER_VALUE.test(value)) {
        throw new ProtocolError('badRequest', `the header ${name} cannot be handed on`);
      }
      headers[name] = value;
    }
    return headers;
  }
}

function basics(client: string, origin: Origin | undefined) {
  const transport = origin?.transport ?? 'websocket';
  return { client, transport, protocol: 'json', encoding: 'json' };
}

/** An object's JSON with members that are JSON text already; empty and missing ones are left out. */
function jsonText(
  object: Readonly<Record<string, string>>,
  lines: Readonly<Record<string, JsonLine | undefined>>,
): string {
  const members = [
    ...Object.entries(object)
      .filter(([, value]) => value !== '')
      .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`),
    ...Object.entries(lines)
      .filter(([, line]) => line !== undefined)
      .map(([key, line]) => `${JSON.stringify(key)}:${line}`),
  ];
  return `{${members.join(',')}}`;
}

function orThrow<T>(answer: HookAnswer<T>): T {
  if (answer instanceof HookRefusal || answer instanceof AccessClosedError) throw answer;
  return answer;
}
