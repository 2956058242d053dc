import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { loadConfig, type NamespaceOptions } from '@newswire/runtime';
import { type JWTPayload, SignJWT } from 'jose';
import type { ConnectRequest, SubscribeAttempt } from '../../src/access/access.js';
import { ACCESS_SETTINGS, createAccess } from '../../src/access/create-access.js';
import { OPEN_NAMESPACE } from './open-access.js';

export const SECRET = 'a secret of at least 32 characters';

export const OPTIONS: NamespaceOptions = { ...OPEN_NAMESPACE, historySize: 10 };

export interface AccessRigOptions {
  /** NEWSWIRE_* settings. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly getOptions?: (channel: string) => NamespaceOptions;
  /** The content of the channels file, for the line that is logged at the start. */
  readonly sections?: ReadonlyMap<string, NamespaceOptions>;
  readonly now?: () => number;
}

/** An Access as the settings make it, and what it logged. */
export function accessRig({
  settings = {},
  getOptions = () => OPTIONS,
  sections,
  now,
}: AccessRigOptions = {}) {
  const logged: string[] = [];
  const log = (...args: unknown[]) => void logged.push(JSON.stringify(args));
  const logger = { debug: log, info: log, warn: log } as never;
  const config = loadConfig(ACCESS_SETTINGS, settings);
  const { access, rpc, hooks } = createAccess(config, {
    getOptions,
    logger,
    ...(sections && { sections }),
    ...(now && { now }),
  });
  return { access, rpc, hooks, logged };
}

export function connectRequest(given: Partial<ConnectRequest> = {}): ConnectRequest {
  return {
    client: 'c1',
    origin: { address: '10.0.0.7', transport: 'websocket', headers: {} },
    token: '',
    data: undefined,
    name: '',
    version: '',
    headers: {},
    ...given,
  };
}

export function attempt(given: Partial<SubscribeAttempt> = {}): SubscribeAttempt {
  return {
    client: 'c1',
    credentials: { user: 'ann', subs: {} },
    channel: 'sports:1',
    token: '',
    data: undefined,
    ...given,
  };
}

export interface SignOptions {
  readonly alg?: string;
  readonly key?: KeyObject;
  readonly kid?: string;
}

export function sign(claims: JWTPayload, options: SignOptions = {}): Promise<string> {
  const { alg = 'HS256', key = createSecretKey(SECRET, 'utf8'), kid } = options;
  return new SignJWT(claims).setProtectedHeader({ alg, ...(kid && { kid }) }).sign(key);
}

/** A token put together by hand, signed by `sign` with what stands before the last dot. */
export function forge(
  header: unknown,
  claims: unknown,
  signature: (signed: string) => string = () => '',
): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${signature(signed)}`;
}

/** A good token whose claims are this text, which need not be how JavaScript would write them. */
export function signText(claims: string): string {
  const parts = ['{"alg":"HS256"}', claims].map((part) => Buffer.from(part).toString('base64url'));
  const signed = parts.join('.');
  return `${signed}.${hmac(SECRET)(signed)}`;
}

export function hmac(secret: string | Buffer, hash = 'sha256'): (signed: string) => string {
  return (signed) => createHmac(hash, secret).update(signed).digest('base64url');
}

export function rsaPair(modulusLength = 2048) {
  return withPem(generateKeyPairSync('rsa', { modulusLength }));
}

export function ecdsaPair(namedCurve: string) {
  return withPem(generateKeyPairSync('ec', { namedCurve }));
}

export function ed25519Pair() {
  return withPem(generateKeyPairSync('ed25519'));
}

function withPem(pair: { publicKey: KeyObject; privateKey: KeyObject }) {
  return { ...pair, pem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/** How a call was answered: its value, an error's code, or the code that the connection ends with. */
export async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    const { code, name } = error as { code: number; name: string };
    if (['ProtocolError', 'HookRefusal'].includes(name)) return { error: code };
    if (name === 'AccessClosedError') return { close: code };
    throw error;
  }
}
