import { Buffer } from 'node:buffer';
import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { ProtocolError } from '@newswire/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accessRig,
  attempt,
  connectRequest,
  ecdsaPair,
  ed25519Pair,
  forge,
  hmac,
  OPTIONS,
  outcome,
  rsaPair,
  SECRET,
  sign,
} from '../../test/rig/access-rig.js';

const NOW_S = 1_800_000_000;
const now = () => NOW_S * 1000;
const LATER = NOW_S + 60;

const rsa = rsaPair();
const otherRsa = rsaPair();
const curves = [
  ['ES256', 'prime256v1'],
  ['ES384', 'secp384r1'],
  ['ES512', 'secp521r1'],
] as const;

const HMAC_SETTINGS = { NEWSWIRE_TOKEN_HMAC_SECRET: SECRET };
const RSA_SETTINGS = { NEWSWIRE_TOKEN_RSA_PUBLIC_KEY: rsa.pem };

const withClaim = (name: string, value: unknown) =>
  forge({ alg: 'HS256' }, { sub: 'ann', [name]: value }, hmac(SECRET));

function signedBytes(bytes: readonly number[]): string {
  const header = Buffer.from('{"alg":"HS256"}').toString('base64url');
  const signed = `${header}.${Buffer.from(bytes).toString('base64url')}`;
  return `${signed}.${hmac(SECRET)(signed)}`;
}

/** A token with an unencoded payload (RFC 7797), which a JWT must not have. */
function unencoded(payload: string): string {
  const header = Buffer.from('{"alg":"HS256","b64":false,"crit":["b64"]}').toString('base64url');
  return `${header}.${payload}.${hmac(SECRET)(`${header}.${payload}`)}`;
}

function connectWith(settings: Record<string, string>) {
  const { access, logged } = accessRig({ settings, now });
  return {
    connect: (token: string) => outcome(() => access.connect(connectRequest({ token }))),
    logged,
  };
}

describe('a connection token', () => {
  const { connect, logged } = connectWith(HMAC_SETTINGS);

  test.each(['HS256', 'HS384', 'HS512'])('signed by %s says who a client is', async (alg) => {
    const token = await sign({ sub: 'ann', exp: LATER }, { alg });
    expect(await connect(token)).toEqual({ user: 'ann', subs: {}, expiresAtMs: LATER * 1000 });
  });

  test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'])(
    'signed by %s is known by an RSA public key',
    async (alg) => {
      const { connect: connectHere } = connectWith(RSA_SETTINGS);
      const token = await sign({ sub: 'ann' }, { alg, key: rsa.privateKey });
      expect(await connectHere(token)).toEqual({ user: 'ann', subs: {} });
      const forged = await sign({ sub: 'ann' }, { alg, key: otherRsa.privateKey });
      expect(await connectHere(forged)).toEqual({ close: 3500 });
    },
  );

  test.each(curves)('signed by %s is known by an ECDSA public key', async (alg, curve) => {
    const { pem, privateKey } = ecdsaPair(curve);
    const { connect: connectHere } = connectWith({ NEWSWIRE_TOKEN_ECDSA_PUBLIC_KEY: pem });
    const token = await sign({ sub: 'ann' }, { alg, key: privateKey });
    expect(await connectHere(token)).toEqual({ user: 'ann', subs: {} });
    const forged = await sign({ sub: 'ann' }, { alg, key: ecdsaPair(curve).privateKey });
    expect(await connectHere(forged)).toEqual({ close: 3500 });
  });

  test.each(['EdDSA', 'Ed25519'])('signed by %s is known by an Ed25519 public key', async (alg) => {
    const { pem, privateKey } = ed25519Pair();
    const settings = { NEWSWIRE_TOKEN_ED25519_PUBLIC_KEY: pem };
    const { connect: connectHere } = connectWith(settings);
    const token = await sign({ sub: 'ann' }, { alg, key: privateKey });
    expect(await connectHere(token)).toEqual({ user: 'ann', subs: {} });
    const forged = await sign({ sub: 'ann' }, { alg, key: ed25519Pair().privateKey });
    expect(await connectHere(forged)).toEqual({ close: 3500 });
    const byHmac = await sign({ sub: 'ann' }, { alg: 'HS256', key: createSecretKey(pem, 'utf8') });
    expect(await connectHere(byHmac)).toEqual({ close: 3500 });
    const { connect: elsewhere } = connectWith(RSA_SETTINGS);
    expect(await elsewhere(token)).toEqual({ close: 3500 });
  });

  test('keys of several kinds may be configured, and each is used for its own algorithms', async () => {
    const { connect: connectHere } = connectWith({ ...HMAC_SETTINGS, ...RSA_SETTINGS });
    expect(await connectHere(await sign({ sub: 'h' }))).toEqual({ user: 'h', subs: {} });
    const byRsa = await sign({ sub: 'r' }, { alg: 'RS256', key: rsa.privateKey });
    expect(await connectHere(byRsa)).toEqual({ user: 'r', subs: {} });
  });

  test('all that it says is kept', async () => {
    const claims = {
      sub: 'ann',
      exp: LATER,
      iat: NOW_S - 1,
      nbf: NOW_S - 1,
      jti: 'x',
      info: { name: 'Ann' },
      meta: [1],
      channels: ['a', '__proto__'],
      subs: {
        a: { info: 'i', data: { d: null }, override: { presence: { value: true }, recover: {} } },
        'sports:1': { b64info: Buffer.from('{"x":1}').toString('base64'), expire_at: LATER },
        'sports:2': { override: { join_leave: { value: false }, force_recovery: { value: true } } },
      },
    };
    const credentials = await connect(await sign(claims));
    expect(credentials).toEqual({
      user: 'ann',
      expiresAtMs: LATER * 1000,
      info: '{"name":"Ann"}',
      meta: '[1]',
      subs: Object.fromEntries([
        ['a', { info: '"i"', data: '{"d":null}', presence: true, recovery: false }],
        ['__proto__', {}],
        ['sports:1', { info: '{"x":1}', expiresAtMs: LATER * 1000 }],
        ['sports:2', { joinLeave: false, recovery: true }],
      ]),
    });
    expect(Object.keys((credentials as { subs: object }).subs)).toContain('__proto__');
  });

  test('expire_at says when the connection ends instead of exp, and 0 that it does not', async () => {
    const later = await sign({ sub: 'ann', exp: LATER, expire_at: LATER + 5 });
    expect(await connect(later)).toMatchObject({ expiresAtMs: (LATER + 5) * 1000 });
    const never = await sign({ sub: 'ann', exp: LATER, expire_at: 0 });
    expect(await connect(never)).toEqual({ user: 'ann', subs: {} });
    const far = await sign({ sub: 'ann', exp: 1e300 });
    expect(await connect(far)).toEqual({ user: 'ann', subs: {} });
  });

  test('that has expired is answered 109, so that SDKs fetch a new one', async () => {
    expect(await connect(await sign({ sub: 'ann', exp: NOW_S - 3600 }))).toEqual({ error: 109 });
    expect(await connect(await sign({ sub: 'ann', exp: NOW_S - 5 }))).toEqual({ error: 109 });
  });

  test('that is not valid yet is answered 109, too', async () => {
    expect(await connect(await sign({ sub: 'ann', nbf: NOW_S + 8 }))).toEqual({ error: 109 });
    expect(await connect(await sign({ sub: 'ann', nbf: NOW_S + 1e9 }))).toEqual({ error: 109 });
    expect(logged.filter((line) => line.includes('NEWSWIRE_TOKEN_LEEWAY_MS'))).toHaveLength(1);
  });

  test('that is not valid is logged with the fields of its client, at most every ten seconds', async () => {
    let nowMs = NOW_S * 1000;
    const rig = accessRig({ settings: HMAC_SETTINGS, now: () => nowMs });
    const subscribe = (client: string) =>
      outcome(() => rig.access.subscribe(attempt({ client, token: 'bad' })));
    for (let i = 0; i < 3; i++) await subscribe('c1');
    nowMs += 10_000;
    await subscribe('c2');
    const fields = { user: 'ann', channel: 'sports:1', reason: 'it is not a JWT' };
    expect(rig.logged.slice(1).map((line) => JSON.parse(line) as unknown)).toEqual([
      [{ client: 'c1', ...fields }, 'a token is not valid'],
      [{ client: 'c2', ...fields, omitted: 2 }, 'a token is not valid'],
    ]);
  });

  test('is good a little before and after its time, as clocks differ', async () => {
    expect(await connect(await sign({ sub: 'ann', nbf: NOW_S + 5 }))).toMatchObject({
      user: 'ann',
    });
    expect(await connect(await sign({ sub: 'ann', nbf: NOW_S + 5.1 }))).toEqual({ error: 109 });
    expect(await connect(await sign({ sub: 'ann', exp: NOW_S - 4 }))).toMatchObject({
      expiresAtMs: (NOW_S + 1) * 1000,
    });
  });

  test.each([
    ['0', 0, 1],
    ['30000', 30, 31],
  ])('with a leeway of %s ms', async (leewayMs, within, past) => {
    const settings = { ...HMAC_SETTINGS, NEWSWIRE_TOKEN_LEEWAY_MS: leewayMs };
    const { connect: connectHere } = connectWith(settings);
    const early = (seconds: number) => sign({ sub: 'ann', nbf: NOW_S + seconds });
    const late = (seconds: number) => sign({ sub: 'ann', exp: NOW_S - seconds });
    expect(await connectHere(await early(within))).toMatchObject({ user: 'ann' });
    expect(await connectHere(await early(past))).toEqual({ error: 109 });
    if (within > 0)
      expect(await connectHere(await late(within - 1))).toMatchObject({ user: 'ann' });
    expect(await connectHere(await late(within))).toEqual({ error: 109 });
  });

  test.each<readonly [string, () => string | Promise<string>]>([
    ['of a wrong key', () => forge({ alg: 'HS256' }, { sub: 'ann' }, hmac(`${SECRET}!`))],
    ['without a signature', () => forge({ alg: 'HS256' }, { sub: 'ann' })],
    ['of algorithm none', () => forge({ alg: 'none' }, { sub: 'ann' })],
    ['of algorithm None', () => forge({ alg: 'None' }, { sub: 'ann' })],
    ['of algorithm none, signed', () => forge({ alg: 'none' }, { sub: 'ann' }, hmac(SECRET))],
    ['without an algorithm', () => forge({}, { sub: 'ann' }, hmac(SECRET))],
    ['of an unknown algorithm', () => forge({ alg: 'HS1' }, { sub: 'ann' }, hmac(SECRET, 'sha1'))],
    ['of an algorithm that is no text', () => forge({ alg: 256 }, { sub: 'ann' }, hmac(SECRET))],
    [
      'of an algorithm without a key',
      () => sign({ sub: 'ann' }, { alg: 'RS256', key: rsa.privateKey }),
    ],
    [
      'with an extension it insists on',
      () => forge({ alg: 'HS256', crit: ['x'], x: 1 }, {}, hmac(SECRET)),
    ],
    [
      'with its own key',
      () => forge({ alg: 'RS256', jwk: rsa.publicKey.export({ format: 'jwk' }) }, {}),
    ],
    ['that is an array', () => forge({ alg: 'HS256' }, [], hmac(SECRET))],
    ['with a sub that is no text', () => forge({ alg: 'HS256' }, { sub: 7 }, hmac(SECRET))],
    [
      'with an exp that is no number',
      () => forge({ alg: 'HS256' }, { sub: 'ann', exp: 'now' }, hmac(SECRET)),
    ],
    [
      'with channels that are no texts',
      () => forge({ alg: 'HS256' }, { channels: [1] }, hmac(SECRET)),
    ],
    ['with subs that are a list', () => forge({ alg: 'HS256' }, { subs: [] }, hmac(SECRET))],
    ['with info in base64 that is not JSON', () => sign({ b64info: 'AAAA' })],
    ['for one channel', () => sign({ sub: 'ann', channel: 'a' })],
    ['that is none', () => 'hunter2'],
    ['whose claims are not UTF-8', () => signedBytes([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['with info in base64 that is not UTF-8', () => sign({ b64info: 'Iv8i' })],
    ['with a payload not in base64', () => unencoded('{"sub":"ann"}')],
    ...['sub', 'exp', 'nbf', 'iat', 'channels', 'subs', 'b64info', 'expire_at'].map(
      (claim) => [`with a ${claim} of another kind`, () => withClaim(claim, { x: [] })] as const,
    ),
  ])('%s closes the connection with 3500', async (_, token) => {
    expect(await connect(await token())).toEqual({ close: 3500 });
  });

  test('for which the public key was taken as an HMAC secret is refused', async () => {
    const { connect: connectHere } = connectWith(RSA_SETTINGS);
    const der = rsa.publicKey.export({ type: 'spki', format: 'der' });
    for (const secret of [rsa.pem, rsa.pem.trim(), rsa.pem.replaceAll('\n', '\\n'), der]) {
      for (const [alg, hash] of [
        ['HS256', 'sha256'],
        ['HS512', 'sha512'],
      ] as const) {
        const token = forge({ alg, typ: 'JWT' }, { sub: 'root' }, hmac(secret, hash));
        expect(await connectHere(token)).toEqual({ close: 3500 });
      }
      const posing = forge({ alg: 'RS256' }, { sub: 'root' }, hmac(secret));
      expect(await connectHere(posing)).toEqual({ close: 3500 });
    }
  });

  test('of which a letter was changed is refused', async () => {
    const [header, , signature] = (await sign({ sub: 'ann' })).split('.');
    const claims = Buffer.from('{"sub":"root"}').toString('base64url');
    expect(await connect(`${header}.${claims}.${signature}`)).toEqual({ close: 3500 });
  });

  test('with a channel that there can not be is answered with that error', async () => {
    expect(await connect(await sign({ channels: ['a b'] }))).toEqual({ error: 107 });
    expect(await connect(await sign({ channels: ['sports:*'] }))).toEqual({ error: 103 });
  });

  test('over 8 KiB is refused as such, one of 8 KiB is not', async () => {
    const bare = (await sign({ sub: '' })).length;
    const longest = await sign({ sub: 'x'.repeat(Math.floor(((8192 - bare) * 3) / 4) - 2) });
    expect(longest.length).toBeGreaterThan(8180);
    expect(await connect(longest)).toMatchObject({ subs: {} });
    expect(await connect(await sign({ sub: 'x'.repeat(6200) }))).toEqual({ error: 106 });
  });

  test('never reaches a log', async () => {
    const token = forge({ alg: 'HS256' }, { sub: 'ann' }, hmac('hunter2'));
    await connect(token);
    expect(logged.length).toBeGreaterThan(0);
    for (const part of token.split('.')) expect(logged.join('')).not.toContain(part);
  });
});

describe('audience and issuer', () => {
  const { connect } = connectWith({
    ...HMAC_SETTINGS,
    NEWSWIRE_TOKEN_AUDIENCE: 'newswire',
    NEWSWIRE_TOKEN_ISSUER: 'login',
  });

  test.each([
    [
      { aud: 'newswire', iss: 'login' },
      { user: 'ann', subs: {} },
    ],
    [
      { aud: ['x', 'newswire'], iss: 'login' },
      { user: 'ann', subs: {} },
    ],
    [{ aud: 'other', iss: 'login' }, { close: 3500 }],
    [{ aud: 'newswire', iss: 'other' }, { close: 3500 }],
    [{ aud: 'newswire' }, { close: 3500 }],
    [{ iss: 'login' }, { close: 3500 }],
    [{ aud: 'other', iss: 'login', exp: 1 }, { close: 3500 }],
    [{ aud: 'other', iss: 'login', nbf: LATER }, { close: 3500 }],
    [{ aud: null, iss: 'login' }, { close: 3500 }],
    [{ aud: [null], iss: 'login' }, { close: 3500 }],
    [{ aud: 'newswire', iss: null }, { close: 3500 }],
    [{ aud: ['newswire', 7], iss: ['login'] }, { close: 3500 }],
  ])('%j: %j', async (claims, expected) => {
    const token = forge({ alg: 'HS256' }, { sub: 'ann', ...claims }, hmac(SECRET));
    expect(await connect(token)).toEqual(expected);
  });
});

describe('keys', () => {
  test.each([
    ['NEWSWIRE_TOKEN_RSA_PUBLIC_KEY', () => rsaPair(1024).pem, '2048 bits or more'],
    ['NEWSWIRE_TOKEN_RSA_PUBLIC_KEY', () => ecdsaPair('prime256v1').pem, '2048 bits or more'],
    ['NEWSWIRE_TOKEN_RSA_PUBLIC_KEY', () => '-----BEGIN PUBLIC KEY-----\nAAAA\n', 'RSA public key'],
    ['NEWSWIRE_TOKEN_ECDSA_PUBLIC_KEY', () => ecdsaPair('secp256k1').pem, 'on the curve P-256'],
    ['NEWSWIRE_TOKEN_ECDSA_PUBLIC_KEY', () => rsa.pem, 'on the curve P-256'],
    ['NEWSWIRE_TOKEN_ED25519_PUBLIC_KEY', () => ecdsaPair('prime256v1').pem, 'an Ed25519 public'],
    ['NEWSWIRE_TOKEN_ED25519_PUBLIC_KEY', () => ed448Pem(), 'an Ed25519 public key'],
    ['NEWSWIRE_TOKEN_HMAC_SECRET', () => rsa.pem, 'not a PEM key'],
  ])('an unusable %s is refused at start', (name, value, expected) => {
    expect(() => accessRig({ settings: { [name]: value() } })).toThrow(expected);
  });

  test('without any, no token is good', async () => {
    const { connect: connectHere } = connectWith({});
    expect(await connectHere(await sign({ sub: 'ann' }))).toEqual({ close: 3500 });
    expect(await connectHere(forge({ alg: 'HS256' }, { sub: 'ann' }, hmac('')))).toEqual({
      close: 3500,
    });
  });
});

describe('a connection without a token', () => {
  const ANONYMOUS = { user: '', subs: {} };

  test.each([
    [{}, ANONYMOUS],
    [{ NEWSWIRE_ANONYMOUS: 'on' }, ANONYMOUS],
    [{ NEWSWIRE_ANONYMOUS: 'off' }, { error: 101 }],
    [HMAC_SETTINGS, { error: 101 }],
    [RSA_SETTINGS, { error: 101 }],
    [{ ...HMAC_SETTINGS, NEWSWIRE_ANONYMOUS: 'on' }, ANONYMOUS],
  ])('is let in as the settings say', async (settings, expected) => {
    expect(await connectWith(settings).connect('')).toEqual(expected);
  });

  test.each([
    [{}, 'without a token: no key for tokens is set'],
    [{ ...RSA_SETTINGS, NEWSWIRE_ANONYMOUS: 'on' }, 'without a token: NEWSWIRE_ANONYMOUS is on'],
    [RSA_SETTINGS, 'with a token only'],
    [{ NEWSWIRE_CONNECT_HOOK_URL: 'http://127.0.0.1/?hunter2' }, 'or as the connect hook allows'],
  ])('is reported at the start', (settings, expected) => {
    const { logged } = accessRig({ settings });
    expect(logged).toEqual([expect.stringContaining(expected)]);
    expect(logged[0]).not.toContain('hunter2');
  });

  test('and the permissions of the channels file are logged with it', () => {
    const chat = { ...OPTIONS, publish: 'everyone', readHistory: 'everyone' } as const;
    const sections = new Map([
      ['default', OPTIONS],
      ['namespaces.chat', chat],
    ]);
    const { logged } = accessRig({ sections });
    expect(logged).toEqual([
      expect.stringContaining(
        '; the channels file lets all clients publish (namespaces.chat), read history (namespaces.chat)"',
      ),
    ]);
  });

  test('a token without a user is admitted unless that is off', async () => {
    const token = await sign({});
    expect(await connectWith(HMAC_SETTINGS).connect(token)).toEqual(ANONYMOUS);
    const off = { ...HMAC_SETTINGS, NEWSWIRE_ANONYMOUS: 'off' };
    expect(await connectWith(off).connect(token)).toEqual({ error: 101 });
  });

  test('waits for nothing', () => {
    const { access } = accessRig();
    expect(access.connect(connectRequest())).toEqual(ANONYMOUS);
  });
});

describe('refresh', () => {
  const { access } = accessRig({ settings: HMAC_SETTINGS, now });
  const credentials = { user: 'ann', subs: {}, data: '"hello"', info: '1', expiresAtMs: 1 };
  const refresh = (token: string) => outcome(() => access.refresh('c1', credentials, token));
  let fresh: string;
  beforeAll(async () => {
    fresh = await sign({ sub: 'ann', exp: LATER, info: 2, channels: ['a'] });
  });

  test('takes what the new token says', async () => {
    const expected = { user: 'ann', subs: { a: {} }, info: '2', data: '"hello"' };
    expect(await refresh(fresh)).toEqual({ ...expected, expiresAtMs: LATER * 1000 });
  });

  test.each([
    ['no token', () => '', { error: 107 }],
    ['an expired one', () => sign({ sub: 'ann', exp: NOW_S - 9 }), { close: 3005 }],
    ['one that is not valid yet', () => sign({ sub: 'ann', nbf: NOW_S + 8 }), { close: 3005 }],
    ["another user's", () => sign({ sub: 'bob', exp: LATER }), { close: 3500 }],
    ['a forged one', () => forge({ alg: 'HS256' }, { sub: 'ann' }, hmac('x')), { close: 3500 }],
    ['a huge one', () => 'x'.repeat(8193), { error: 106 }],
  ])('with %s is refused', async (_, token, expected) => {
    expect(await refresh(await token())).toEqual(expected);
  });
});

test('channels of a token must exist, but need not be as their pattern wants it', async () => {
  const { access } = accessRig({
    settings: HMAC_SETTINGS,
    getOptions: (channel) => {
      if (channel.startsWith('b:')) throw new ProtocolError('unknownChannel');
      return { ...OPTIONS, wildcard: true, subscribe: 'nobody', pattern: /^never$/ };
    },
  });
  const connect = async (...channels: string[]) => {
    const token = await sign({ channels });
    return outcome(() => access.connect(connectRequest({ token })));
  };
  expect(await connect('a:*', 'a:1')).toEqual({ user: '', subs: { 'a:*': {}, 'a:1': {} } });
  expect(await connect('a:1', 'b:1')).toEqual({ error: 102 });
});

function ed448Pem(): string {
  const { publicKey } = generateKeyPairSync('ed448');
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
