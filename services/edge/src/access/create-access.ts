import { ProtocolError } from '@newswire/protocol';
import type { ChannelOptions, Config, Logger } from '@newswire/runtime';
import {
  type Access,
  AccessClosedError,
  ANONYMOUS,
  type ConnectRequest,
  type Credentials,
  PLAIN_GRANT,
  type RpcHandler,
  type SessionHooks,
  type SubscribeAttempt,
  type SubscribeGrant,
} from './access.js';
import { NO_EVENTS, type AccessEvents } from '../edge-events.js';
import { BoundedLog, type LogFields } from '../bounded-log.js';
import {
  checkSections,
  checkUserLimit,
  resolveClientChannel,
  resolveChannel,
  type GetNamespaceOptions,
} from './channel-rules.js';
import {
  type ClaimChecks,
  connectionCredentials,
  InvalidTokenError,
  subscriptionClaim,
  TokenExpiredError,
  TokenNotYetValidError,
} from './token-claims.js';
import { HOOK_SETTINGS, Hooks } from './hooks.js';
import { TOKEN_KEY_SETTINGS, tokenKeys } from './token-keys.js';
import { TokenVerifier } from './token-verifier.js';

/** The settings that `createAccess` reads. */
export const ACCESS_SETTINGS = [
  ...TOKEN_KEY_SETTINGS,
  ...HOOK_SETTINGS,
  'tokenAudience',
  'tokenIssuer',
  'tokenLeewayMs',
  'anonymous',
] as const;

export type AccessConfig = Config<(typeof ACCESS_SETTINGS)[number]>;

export interface AccessParts {
  readonly getOptions: GetNamespaceOptions;
  /** The namespaces to check against the settings. */
  readonly sections?: ChannelOptions['sections'];
  /** Default: observes nothing. */
  readonly events?: AccessEvents;
  readonly logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  /** ms since 1970. */
  readonly now?: () => number;
}

/** Access control, and the hooks of connected sessions. */
export interface AccessAndRpc {
  readonly access: Access;
  /** Undefined if no rpc hook is configured. */
  readonly rpc: RpcHandler | undefined;
  readonly hooks: SessionHooks;
}

/**
 * Creates access control from the settings and the channels file, and logs a one-line summary.
 * Throws ConfigError for unusable keys, and for namespaces that need a key or hook that is not
 * configured.
 */
export function createAccess(config: AccessConfig, parts: AccessParts): AccessAndRpc {
  const { logger, events = NO_EVENTS, now = Date.now } = parts;
  const log = new BoundedLog(logger, now);
  const hooks = new Hooks(config, log, events.onHookCall, now);
  const access = new ConfiguredAccess(config, parts, hooks, log);
  logger.info(access.summary);
  return { access, rpc: hooks.rpc, hooks: hooks.forSessions };
}

const EARLY =
  "a token is not valid yet (nbf): compare this machine's clock with the backend's, or raise NEWSWIRE_TOKEN_LEEWAY_MS";

/** The errors for a refused token: `expired` if a new token may replace it, otherwise `invalid`. */
interface Refusals {
  readonly expired: () => Error;
  readonly invalid: () => Error;
}

class ConfiguredAccess implements Access {
  readonly #getOptions: GetNamespaceOptions;
  readonly #onTokenRefused: AccessEvents['onTokenRefused'];
  readonly #clock: Pick<ClaimChecks, 'leewayMs' | 'now'>;
  readonly #log: BoundedLog;
  readonly #verifier: TokenVerifier;
  readonly #hooks: Hooks;
  readonly #refusesNobody: boolean;
  readonly #needsToken: boolean;
  /** A log line that says which clients may connect, and why. */
  readonly summary: string;

  constructor(
    config: AccessConfig,
    { getOptions, sections = new Map(), events = NO_EVENTS, now = Date.now }: AccessParts,
    hooks: Hooks,
    log: BoundedLog,
  ) {
    this.#getOptions = getOptions;
    this.#onTokenRefused = events.onTokenRefused;
    this.#log = log;
    const keys = tokenKeys(config, (message) => log.warn('token keys', message));
    const { tokenAudience: audience, tokenIssuer: issuer, anonymous, connectHookUrl } = config;
    const hasSubscribeHook = config.subscribeHookUrl !== undefined;
    checkSections(sections, {
      hasTokenKeys: keys.length > 0,
      hasSubscribeHook,
      hasSubRefreshHook: config.subRefreshHookUrl !== undefined,
      hasPublishHook: config.publishHookUrl !== undefined,
    });
    this.#clock = { leewayMs: config.tokenLeewayMs, now };
    this.#verifier = new TokenVerifier({ keys, audience, issuer, ...this.#clock });
    this.#hooks = hooks;
    this.#refusesNobody = anonymous === 'off';
    const isAsking = keys.length > 0 || connectHookUrl !== undefined;
    this.#needsToken = this.#refusesNobody || (anonymous === 'auto' && isAsking);
    this.summary = describeAccess(config, this.#needsToken) + describeSections(sections);
  }

  get admitsAnonymous(): boolean {
    return !this.#needsToken;
  }

  connect(request: ConnectRequest): Credentials | Promise<Credentials> {
    const { client, token } = request;
    if (token !== '') {
      const refusals = { expired: tokenExpired, invalid: invalidToken };
      return this.#byToken({ client }, refusals, () => this.#verifyToken(token));
    }
    const asked = this.#hooks.connect(request);
    if (asked !== undefined) return asked.then((found) => this.#admit(found));
    if (this.#needsToken) throw new ProtocolError('unauthorized', 'a token is required');
    return ANONYMOUS;
  }

  async refresh(client: string, credentials: Credentials, token: string): Promise<Credentials> {
    if (token === '') throw new ProtocolError('badRequest', 'refresh needs a token');
    const refusals = { expired: () => AccessClosedError.of('expired'), invalid: invalidToken };
    return this.#byToken({ client, user: credentials.user }, refusals, async () => {
      const renewed = await this.#verifyToken(token);
      if (renewed.user !== credentials.user) throw new InvalidTokenError("it is another user's");
      const { data } = credentials;
      return data === undefined ? renewed : { ...renewed, data };
    });
  }

  subscribe(attempt: SubscribeAttempt): SubscribeGrant | Promise<SubscribeGrant> {
    const { channel, token, credentials } = attempt;
    const { subscribe } = resolveClientChannel(channel, this.#getOptions);
    checkUserLimit(channel, credentials.user);
    if (token !== '' && subscribe !== 'nobody') {
      const refusals = { expired: tokenExpired, invalid: invalidSubscriptionToken };
      return this.#byToken(identify(attempt), refusals, () => this.#requestGrant(attempt));
    }
    switch (subscribe) {
      case 'everyone':
        return PLAIN_GRANT;
      case 'users':
        if (credentials.user !== '') return PLAIN_GRANT;
        throw new ProtocolError('permissionDenied', 'only users may subscribe to this channel');
      case 'token':
        throw new ProtocolError('permissionDenied', 'this channel needs a subscription token');
      case 'hook': {
        const asked = this.#hooks.subscribe(attempt);
        if (asked !== undefined) return asked;
        throw new ProtocolError('notAvailable', 'this channel needs a subscribe hook');
      }
      case 'nobody':
        throw new ProtocolError('permissionDenied', 'clients may not subscribe to this channel');
    }
  }

  async subRefresh(attempt: SubscribeAttempt): Promise<SubscribeGrant> {
    if (attempt.token === '') throw new ProtocolError('badRequest', 'sub_refresh needs a token');
    if (resolveClientChannel(attempt.channel, this.#getOptions).subscribe === 'nobody') {
      throw new ProtocolError('permissionDenied', 'clients may not subscribe to this channel');
    }
    const expired = () => AccessClosedError.of('subscriptionExpired');
    const refusals = { expired, invalid: invalidSubscriptionToken };
    return this.#byToken(identify(attempt), refusals, () => this.#requestGrant(attempt));
  }

  /** Runs `use`, and converts its token errors to refusals for the client. */
  async #byToken<T>(fields: LogFields, refusals: Refusals, use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (error) {
      if (error instanceof TokenExpiredError) {
        this.#onTokenRefused('expired');
        throw refusals.expired();
      }
      if (error instanceof TokenNotYetValidError) {
        this.#onTokenRefused('early');
        this.#log.warn('early token', EARLY, fields);
        throw refusals.expired();
      }
      if (!(error instanceof InvalidTokenError)) throw error;
      this.#onTokenRefused('invalid');
      this.#log.debug('token', 'a token is not valid', { ...fields, reason: error.reason });
      throw refusals.invalid();
    }
  }

  async #verifyToken(token: string): Promise<Credentials> {
    const signed = await this.#verifier.verify(token);
    return this.#admit(connectionCredentials(signed, this.#clock));
  }

  async #requestGrant(attempt: SubscribeAttempt): Promise<SubscribeGrant> {
    const signed = await this.#verifier.verify(attempt.token);
    const claim = subscriptionClaim(signed, this.#clock);
    if (claim.channel !== attempt.channel) throw new InvalidTokenError('it is for another channel');
    if (claim.user !== attempt.credentials.user)
      throw new InvalidTokenError("it is another user's");
    if (claim.client !== '' && claim.client !== attempt.client) {
      throw new InvalidTokenError("it is another client's");
    }
    return claim.grant;
  }

  /** Accepts the credentials from a token or the connect hook, if their channels exist. */
  #admit(credentials: Credentials): Credentials {
    if (this.#refusesNobody && credentials.user === '') {
      throw new ProtocolError('unauthorized', 'a user is required');
    }
    for (const channel of Object.keys(credentials.subs)) resolveChannel(channel, this.#getOptions);
    return credentials;
  }
}

/** The fields of a log line about an attempt to subscribe. */
function identify({ client, credentials, channel }: SubscribeAttempt): LogFields {
  return { client, user: credentials.user, channel };
}

function describeAccess({ anonymous, connectHookUrl }: AccessConfig, needsToken: boolean): string {
  if (connectHookUrl !== undefined) {
    return 'clients may connect with a token, or as the connect hook allows';
  }
  if (needsToken) return 'clients may connect with a token only';
  const reason = anonymous === 'on' ? 'NEWSWIRE_ANONYMOUS is on' : 'no key for tokens is set';
  return `clients may connect without a token: ${reason}`;
}

/** Rights besides subscribing that a namespace can give to everyone. */
const POWERS = [
  ['publish', 'publish'],
  ['readHistory', 'read history'],
  ['readPresence', 'read presence'],
] as const;

/** The rights that the channels file gives to every client, in words; empty if there are none. */
function describeSections(sections: ChannelOptions['sections']): string {
  const open = POWERS.flatMap(([option, words]) => {
    const theirs = [...sections].filter(([, namespace]) => namespace[option] === 'everyone');
    return theirs.length === 0 ? [] : [`${words} (${theirs.map(([name]) => name).join(', ')})`];
  });
  return open.length === 0 ? '' : `; the channels file lets all clients ${open.join(', ')}`;
}

const tokenExpired = () => new ProtocolError('tokenExpired');
const invalidToken = () => AccessClosedError.of('invalidToken');

function invalidSubscriptionToken(): ProtocolError {
  return new ProtocolError('permissionDenied', 'the subscription token is not valid here');
}
