import { createSign, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { remoteKeys } from '../src/access/token-keys.js';
import {
  accessRig,
  attempt,
  connectRequest,
  ecdsaPair,
  ed25519Pair,
  forge,
  hmac,
  outcome,
  rsaPair,
  SECRET,
  sign,
} from './rig/access-rig.js';
import { type Answer, Backend, hang, json } from './rig/backend.js';

const rsa = rsaPair();
const ec = ecdsaPair('secp384r1');
const ed = ed25519Pair();

function keySet(...keys: (readonly [kid: string | undefined, key: KeyObject])[]): Answer {
  return json({ keys: keys.map(([kid, key]) => jwk(kid, key)) });
}

function jwk(kid: string | undefined, key: KeyObject) {
  return { ...key.export({ format: 'jwk' }), ...(kid && { kid }) };
}

async function rig(answer: Answer, settings: Record<string, string> = {}) {
  const backend = await Backend.start(answer);
  const { access, logged } = accessRig({
    settings: { NEWSWIRE_TOKEN_JWKS_URL: backend.url, ...settings },
  });
  const connect = (token: string) => outcome(() => access.connect(connectRequest({ token })));
  return { backend, access, connect, logged };
}

const byRsa = (kid?: string, alg = 'RS256') =>
  sign({ sub: 'ann' }, { alg, key: rsa.privateKey, ...(kid && { kid }) });

describe('keys of a URL', () => {
  test('are read once for many tokens, of every algorithm that suits them', async () => {
    const { connect, backend } = await rig(
      keySet(['r', rsa.publicKey], ['e', ec.publicKey], ['d', ed.publicKey]),
    );
    const tokens = await Promise.all([
      byRsa('r'),
      byRsa('r', 'PS384'),
      sign({ sub: 'ann' }, { alg: 'ES384', key: ec.privateKey, kid: 'e' }),
      sign({ sub: 'ann' }, { alg: 'EdDSA', key: ed.privateKey, kid: 'd' }),
      sign({ sub: 'ann' }, { alg: 'EdDSA', key: ed.privateKey }),
      byRsa(),
    ]);
    const answers = await Promise.all(tokens.map(connect));
    expect(answers).toEqual(tokens.map(() => ({ user: 'ann', subs: {} })));
    expect(backend.asked.map(({ method }) => method)).toEqual(['GET']);
  });

  test('are tried one after the other for a token that does not name its own', async () => {
    const { connect } = await rig(keySet(['a', rsaPair().publicKey], ['b', rsa.publicKey]));
    expect(await connect(await byRsa())).toEqual({ user: 'ann', subs: {} });
    const other = rsaPair();
    const forged = await sign({ sub: 'root' }, { alg: 'RS256', key: other.privateKey });
    expect(await connect(forged)).toEqual({ close: 3500 });
  });

  test('are passed over where one is too weak to be used', async () => {
    const { connect } = await rig(keySet(['a', rsaPair(1024).publicKey], ['b', rsa.publicKey]));
    expect(await connect(await byRsa())).toEqual({ user: 'ann', subs: {} });
  });

  test('never verify an HMAC token, whatever the set contains', async () => {
    const secret = { kty: 'oct', k: Buffer.from(SECRET).toString('base64url'), kid: 'o' };
    const { connect, backend } = await rig(json({ keys: [secret] }));
    expect(await connect(await sign({ sub: 'root' }, { kid: 'o' }))).toEqual({ close: 3500 });
    const none = forge({ alg: 'none', kid: 'o' }, { sub: 'root' });
    expect(await connect(none)).toEqual({ close: 3500 });
    const confused = forge({ alg: 'HS256', kid: 'r' }, { sub: 'root' }, hmac(rsa.pem));
    expect(await connect(confused)).toEqual({ close: 3500 });
    expect(backend.asked).toEqual([]);
  });

  test('stand beside keys from the settings', async () => {
    const { connect } = await rig(keySet(['r', rsa.publicKey]), {
      NEWSWIRE_TOKEN_HMAC_SECRET: SECRET,
      NEWSWIRE_TOKEN_RSA_PUBLIC_KEY: rsaPair().pem,
    });
    expect(await connect(await sign({ sub: 'h' }))).toEqual({ user: 'h', subs: {} });
    expect(await connect(await byRsa('r'))).toEqual({ user: 'ann', subs: {} });
  });

  test.each<[string, Answer]>([
    ['answers 500', json({}, 500)],
    ['answers what is not JSON', (response) => response.end('<html>')],
    ['answers something else', json({ keys: 'none' })],
    ['sends elsewhere', (response) => response.writeHead(302, { location: '/x' }).end()],
    ['answers too much', json({ keys: [jwk('r', rsa.publicKey)], x: 'x'.repeat(300_000) })],
    ['answers without end', (response) => endless(response)],
    ['hangs up', (response) => response.destroy()],
  ])('while the URL %s clients are asked to come back', async (_, answer) => {
    const { access, connect, logged } = await rig(answer);
    const token = await byRsa('r');
    expect(await connect(token)).toEqual({ error: 100 });
    const subscribing = () => access.subscribe(attempt({ token }));
    expect(await outcome(subscribing)).toEqual({ error: 100 });
    expect(logged.join('\n')).toContain('the keys for tokens cannot be fetched');
    expect(logged.join('\n')).not.toContain(token);
  });
});

/** The turn of keys, with a clock that the test turns. */
async function turningKeys(answer: Answer, more: { timeoutMs?: number; cacheMs?: number } = {}) {
  const backend = await Backend.start(answer);
  const clock = { nowMs: 0 };
  const failures: string[] = [];
  const keys = remoteKeys(new URL(backend.url), {
    onFailure: (message) => failures.push(message),
    timeoutMs: 20_000,
    coolDownMs: 0,
    failureCoolDownMs: 1000,
    now: () => clock.nowMs,
    ...more,
  });
  const check = (token: string, checkedBy = keys) =>
    jwtVerify(token, checkedBy, { algorithms: ['RS256'] }).then(
      ({ payload }) => payload.sub,
      (error: Error & { code: unknown }) => error.code,
    );
  return { backend, clock, failures, check };
}

describe('the turn of keys', () => {
  const next = rsaPair();
  const byNext = () => sign({ sub: 'new' }, { alg: 'RS256', key: next.privateKey, kid: 'n' });

  test('a new key is found, and an old one that is gone no longer good', async () => {
    const { backend, check } = await turningKeys(keySet(['r', rsa.publicKey]));
    expect(await check(await byRsa('r'))).toBe('ann');
    backend.answer = keySet(['n', next.publicKey]);
    expect(await check(await byNext())).toBe('new');
    expect(await check(await byRsa('r'))).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test.each([
    ['as long as it is set to', { cacheMs: 5000 }, 5000],
    ['for ten minutes', {}, 600_000],
  ])('a key is kept %s; one that is gone by then is no longer good', async (_, more, ageMs) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
    onTestFinished(() => void vi.useRealTimers());
    const { backend, check } = await turningKeys(keySet(['r', rsa.publicKey]), more);
    const token = await byRsa('r');
    expect(await check(token)).toBe('ann');
    backend.answer = keySet(['n', next.publicKey]);
    vi.setSystemTime(ageMs - 1);
    expect(await check(token)).toBe('ann');
    expect(backend.asked).toHaveLength(1);
    vi.setSystemTime(ageMs);
    expect(await check(token)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(await check(await byNext())).toBe('new');
  });

  test('an unknown key soon after a read causes no further read, and is not refused for good', async () => {
    const { connect, backend } = await rig(keySet(['r', rsa.publicKey]));
    expect(await connect(await byRsa('r'))).toEqual({ user: 'ann', subs: {} });
    const token = await byNext();
    const answers = await Promise.all(Array.from({ length: 20 }, () => connect(token)));
    expect(answers).toEqual(answers.map(() => ({ error: 100 })));
    expect(backend.asked).toHaveLength(1);
  });

  test('an unknown key keeps no other waiting while the keys are read for it', async () => {
    const { backend, check } = await turningKeys(keySet(['r', rsa.publicKey]));
    expect(await check(await byRsa('r'))).toBe('ann');
    backend.answer = hang;
    const unknown = check(await byNext());
    await expect.poll(() => backend.asked.length).toBe(2);
    expect(await check(await byRsa('r'))).toBe('ann');
    backend.close();
    expect(await unknown).toBe(100);
    expect(await check(await byRsa('r'))).toBe('ann');
  });

  test.each([{ keys: 'none' }, {}, [], { error: 'try later' }])(
    'what is no key set is not read again for each token: %j',
    async (answer) => {
      const { backend, clock, check } = await turningKeys(json(answer));
      for (let i = 0; i < 20; i++) expect(await check(await byRsa('r'))).toBe(100);
      expect(backend.asked).toHaveLength(1);
      backend.answer = keySet(['r', rsa.publicKey]);
      clock.nowMs = 1000;
      expect(await check(await byRsa('r'))).toBe('ann');
    },
  );

  test('null in a key, or as the id in a token, is as if it were not there', async () => {
    const key = { ...jwk('r', rsa.publicKey), use: null, alg: null, key_ops: null, crv: null };
    const { connect } = await rig(json({ keys: [key], next: null }));
    const header = Buffer.from('{"alg":"RS256","kid":null}').toString('base64url');
    const claims = Buffer.from('{"sub":"ann"}').toString('base64url');
    const signed = `${header}.${claims}`;
    const signature = createSign('RSA-SHA256').update(signed).sign(rsa.privateKey, 'base64url');
    expect(await connect(`${signed}.${signature}`)).toEqual({ user: 'ann', subs: {} });
    expect(await connect(await byRsa('r'))).toEqual({ user: 'ann', subs: {} });
  });

  test('a key that is not in a set read just for it is none', async () => {
    const { connect } = await rig(keySet(['r', rsa.publicKey]));
    expect(await connect(await byNext())).toEqual({ close: 3500 });
  });

  test('after a failure it is requested again only after a pause', async () => {
    const { backend, clock, failures, check } = await turningKeys(json({}, 503));
    const token = await byRsa('r');
    expect(await check(token)).toBe(100);
    expect(await check(token)).toBe(100);
    expect(backend.asked).toHaveLength(1);
    expect(failures[0]).toBe('the keys for tokens cannot be fetched: it answered 503');
    backend.answer = keySet(['r', rsa.publicKey]);
    clock.nowMs = 1000;
    expect(await check(token)).toBe('ann');
  });

  test('a URL that never answers is given up, for all waiting requests at once', async () => {
    const { backend, failures, check } = await turningKeys(hang, { timeoutMs: 100 });
    const token = await byRsa('r');
    expect(await Promise.all([check(token), check(token)])).toEqual([100, 100]);
    expect(failures[0]).toBe('the keys for tokens cannot be fetched: it timed out');
    expect(backend.asked.length).toBeLessThanOrEqual(1);
  });
});

function endless(response: Parameters<Answer>[0]): void {
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(65_536)));
  };
  response.on('drain', more).on('error', () => undefined);
  more();
}
