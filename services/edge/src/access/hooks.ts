import { type JsonLine, ProtocolError } from '@newswire/protocol';
import type { Config } from '@newswire/runtime';
import type { Origin } from '@newswire/transport';
import type { AccessEvents } from '../edge-events.js';
import {
  AccessClosedError,
  type AllowedPublication,
  type ClientIdentity,
  type ConnectRequest,
  type Credentials,
  HookRefusal,
  type PublishAttempt,
  type RpcHandler,
  type RpcRequest,
  type SessionHooks,
  type SubscribeAttempt,
  type SubscribeGrant,
  type SubRefreshAttempt,
} from './access.js';
import {
  type HookAnswer,
  readConnectAnswer,
  readPublishAnswer,
  readRefreshAnswer,
  readRpcAnswer,
  readSubscribeAnswer,
} from './hook-answers.js';
import type { BoundedLog } from '../bounded-log.js';
import { HookClient, type HookName } from './hook-client.js';

export const HOOK_SETTINGS = [
  'connectHookUrl',
  'subscribeHookUrl',
  'rpcHookUrl',
  'publishHookUrl',
  'refreshHookUrl',
  'subRefreshHookUrl',
  'hookTimeoutMs',
  'hookHeaders',
] as const;

const HOOK_URLS = HOOK_SETTINGS.filter((name) => name.endsWith('HookUrl'));

type HookConfig = Config<(typeof HOOK_SETTINGS)[number]>;

/** The request headers that a connection's `Origin` must keep for the hooks: none without hooks. */
export function hookHeaderNames(config: HookConfig): readonly string[] {
  if (HOOK_URLS.every((name) => config[name] === undefined)) return [];
  return config.hookHeaders.filter((name) => name !== ADDRESS_HEADER);
}

/** This name stands for the client's address. A request header of this name is ignored. */
const ADDRESS_HEADER = 'x-real-ip';

/** Visible ASCII, spaces, tabs and characters beyond ASCII: nothing that ends a line. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const MAX_HEADER_LENGTH = 8192;

/**
 * Calls the backend in the format of Centrifugo's proxies. A method returns undefined if its hook
 * is not configured.
 */
export class Hooks {
  readonly #connect: HookClient | undefined;
  readonly #subscribe: HookClient | undefined;
  readonly #rpc: HookClient | undefined;
  readonly #publish: HookClient | undefined;
  readonly #refresh: HookClient | undefined;
  readonly #subRefresh: HookClient | undefined;
  readonly #headers: readonly string[];
  readonly #now: () => number;

  constructor(
    config: HookConfig,
    log: BoundedLog,
    onCall?: AccessEvents['onHookCall'],
    now: () => number = Date.now,
  ) {
    const { hookTimeoutMs: timeoutMs } = config;
    const client = (hook: HookName, url: URL | undefined) =>
      url &&
      new HookClient({
        hook,
        url,
        timeoutMs,
        now,
        onFailure: (message, of) => log.warn(`${hook} hook, ${of}`, message),
        onBreaker: log.breakerReports(`${hook} hook`),
        onCall: (hasResult, tookMs) => onCall?.(hook, hasResult, tookMs),
      });
    this.#connect = client('connect', config.connectHookUrl);
    this.#subscribe = client('subscribe', config.subscribeHookUrl);
    this.#rpc = client('rpc', config.rpcHookUrl);
    this.#publish = client('publish', config.publishHookUrl);
    this.#refresh = client('refresh', config.refreshHookUrl);
    this.#subRefresh = client('sub_refresh', config.subRefreshHookUrl);
    this.#now = now;
    this.#headers = config.hookHeaders;
  }

  connect(request: ConnectRequest): Promise<Credentials> | undefined {
    const { client, origin, name, version, data } = request;
    return this.#connect
      ?.call(
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
      ?.call(
        jsonText({ ...basics(client, origin), user, channel, token }, { data, meta }),
        this.#forwarded(origin, {}),
        readSubscribeAnswer,
      )
      .then(orThrow);
  }

  get rpc(): RpcHandler | undefined {
    const hook = this.#rpc;
    return hook && ((request) => this.#callRpc(hook, request));
  }

  get forSessions(): SessionHooks {
    const publish = this.#publish;
    const refresh = this.#refresh;
    const subRefresh = this.#subRefresh;
    return {
      publish: publish && ((attempt) => this.#callPublish(publish, attempt)),
      refresh: refresh && ((session) => this.#callRefresh(refresh, session)),
      subRefresh: subRefresh && ((attempt) => this.#callSubRefresh(subRefresh, attempt)),
    };
  }

  async #callPublish(hook: HookClient, attempt: PublishAttempt): Promise<AllowedPublication> {
    const { client, origin, channel, data, isBase64, credentials } = attempt;
    const { user, meta } = credentials;
    const sent = isBase64 ? { b64data: data } : { data };
    const json = jsonText({ ...basics(client, origin), user, channel }, { ...sent, meta });
    return orThrow(await hook.call(json, this.#forwarded(origin, {}), readPublishAnswer(attempt)));
  }

  async #callRefresh(hook: HookClient, session: ClientIdentity): Promise<Credentials | undefined> {
    const { client, origin, credentials } = session;
    const { user, meta } = credentials;
    const json = jsonText({ ...basics(client, origin), user }, { meta });
    const read = readRefreshAnswer(this.#now);
    const renewed = orThrow(await hook.call(json, this.#forwarded(origin, {}), read));
    return renewed && { ...credentials, ...renewed };
  }

  async #callSubRefresh(
    hook: HookClient,
    attempt: SubRefreshAttempt,
  ): Promise<SubscribeGrant | undefined> {
    const { client, origin, channel, credentials, grant } = attempt;
    const { user, meta } = credentials;
    const json = jsonText({ ...basics(client, origin), user, channel }, { meta });
    const read = readRefreshAnswer(this.#now);
    const renewed = orThrow(await hook.call(json, this.#forwarded(origin, {}), read));
    if (renewed === undefined) return undefined;
    const { expiresAtMs, info = grant.info } = renewed;
    return { ...grant, expiresAtMs, ...(info !== undefined && { info }) };
  }

  async #callRpc(hook: HookClient, request: RpcRequest): Promise<JsonLine> {
    const { client, origin, method, data, credentials } = request;
    const { user, meta } = credentials;
    const json = jsonText({ ...basics(client, origin), user, method }, { data, meta });
    return orThrow(await hook.call(json, this.#forwarded(origin, {}), readRpcAnswer));
  }

  /**
   * The configured headers. A header in the client's command counts only if the HTTP request has
   * none of that name.
   */
  #forwarded(
    origin: Origin | undefined,
    said: Readonly<Record<string, string>>,
  ): Record<string, string> {
    const sayings = new Map(
      Object.entries(said).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const request = new Map(Object.entries(origin?.headers ?? {}));
    const headers = new Map<string, string>();
    for (const name of this.#headers) {
      const value =
        name === ADDRESS_HEADER ? origin?.address : request.get(name) || sayings.get(name);
      if (value === undefined || value === '') continue;
      if (value.length > MAX_HEADER_LENGTH || !HEADER_VALUE.test(value)) {
        throw new ProtocolError('badRequest', `the header ${name} cannot be passed on`);
      }
      headers.set(name, value);
    }
    // Assignment would lose a name like __proto__.
    return Object.fromEntries(headers);
  }
}

function basics(client: string, origin: Origin | undefined) {
  const transport = origin?.transport ?? 'websocket';
  return { client, transport, protocol: 'json', encoding: 'json' };
}

/**
 * Builds the JSON of an object from strings and from members that are already JSON text. Empty and
 * missing members are left out.
 */
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
