import { ProtocolError } from '@newswire/protocol';
import type { NamespaceOptions } from '@newswire/runtime';
import { describe, expect, test } from 'vitest';
import {
  accessRig,
  attempt,
  forge,
  hmac,
  OPTIONS,
  outcome,
  SECRET,
  sign,
} from '../../test/rig/access-rig.js';

const NOW_S = 1_800_000_000;
const now = () => NOW_S * 1000;
const LATER = NOW_S + 60;
const ANONYMOUS = { user: '', subs: {} };
const settings = { NEWSWIRE_TOKEN_HMAC_SECRET: SECRET };

function rig(options: Partial<NamespaceOptions> = {}) {
  const { access } = accessRig({ settings, now, getOptions: () => ({ ...OPTIONS, ...options }) });
  return {
    access,
    subscribe: (of: Parameters<typeof attempt>[0]) => outcome(() => access.subscribe(attempt(of))),
    subRefresh: (of: Parameters<typeof attempt>[0]) =>
      outcome(() => access.subRefresh(attempt(of))),
  };
}

describe('clients that may subscribe without a token', () => {
  test.each([
    ['everyone', {}, {}],
    ['users', {}, { error: 103 }],
    ['token', { error: 103 }, { error: 103 }],
    ['hook', { error: 108 }, { error: 108 }],
    ['nobody', { error: 103 }, { error: 103 }],
  ] as const)('%s: ann %j, nobody known %j', async (subscribe, ann, nobody) => {
    const { subscribe: ask } = rig({ subscribe });
    expect(await ask({})).toEqual(ann);
    expect(await ask({ credentials: ANONYMOUS })).toEqual(nobody);
  });

  test('everyone is answered at once', () => {
    expect(rig().access.subscribe(attempt({ credentials: ANONYMOUS }))).toEqual({});
  });
});

describe('a user-limited channel', () => {
  const options = { allowUserLimitedChannels: true };

  test.each([
    ['personal:#ann', {}],
    ['#ann', {}],
    ['dialog:#bob,ann', {}],
    ['dialog:#bob,ann,', {}],
    ['a#bob#ann', {}],
    ['personal:#bob', { error: 103 }],
    ['personal:#', { error: 103 }],
    ['personal:#ann#bob', { error: 103 }],
    ['personal:#anna', { error: 103 }],
    ['personal:#an,n', { error: 103 }],
    ['personal:#Ann', { error: 103 }],
  ])('%s: ann %j, and anonymous clients never', async (channel, ann) => {
    const { subscribe } = rig(options);
    expect(await subscribe({ channel })).toEqual(ann);
    expect(await subscribe({ channel, credentials: ANONYMOUS })).toEqual({ error: 103 });
  });

  test('needs its user also with a token, and the permission of its namespace', async () => {
    const { subscribe } = rig({ ...options, subscribe: 'token' });
    for (const [channel, expected] of [
      ['personal:#ann', {}],
      ['personal:#bob', { error: 103 }],
    ] as const) {
      const token = await sign({ sub: 'ann', channel });
      expect(await subscribe({ channel, token })).toEqual(expected);
    }
    expect(await subscribe({ channel: 'personal:#ann' })).toEqual({ error: 103 });
    const closed = rig({ ...options, subscribe: 'nobody' });
    expect(await closed.subscribe({ channel: 'personal:#ann' })).toEqual({ error: 103 });
  });
});

describe('the name of a channel', () => {
  test('has to be as its namespace wants it', async () => {
    const { subscribe } = rig({ pattern: /^sports:(?:[0-9]+)$/ });
    expect(await subscribe({ channel: 'sports:1' })).toEqual({});
    expect(await subscribe({ channel: 'sports:x' })).toEqual({ error: 107 });
    const token = await sign({ sub: 'ann', channel: 'sports:x' });
    expect(await subscribe({ channel: 'sports:x', token })).toEqual({ error: 107 });
  });

  test('has to be of a known namespace where others are refused', async () => {
    const { access } = accessRig({
      getOptions: () => {
        throw new ProtocolError('unknownChannel');
      },
    });
    expect(await outcome(() => access.subscribe(attempt()))).toEqual({ error: 102 });
  });

  test('may be a wildcard where the namespace has one, to whom it is open', async () => {
    const channel = 'sports:*';
    expect(await rig().subscribe({ channel })).toEqual({ error: 103 });
    const pattern = /^sports:(?:[0-9]+)$/;
    expect(await rig({ wildcard: true, pattern }).subscribe({ channel })).toEqual({});
    const closed = rig({ wildcard: true, subscribe: 'token' });
    expect(await closed.subscribe({ channel })).toEqual({ error: 103 });
    const token = await sign({ sub: 'ann', channel: 'sports:1' });
    expect(await closed.subscribe({ channel, token })).toEqual({ error: 103 });
    const whole = await sign({ sub: 'ann', channel });
    expect(await closed.subscribe({ channel, token: whole })).toEqual({});
    expect(await closed.subscribe({ channel: 'sports:1', token: whole })).toEqual({ error: 103 });
  });

  test.each(['*', 'sports*', 'a:b:*', 'sports:**', 'sports:*x', ':*x', ''])(
    'can not be %j',
    async (channel) => {
      expect(await rig({ wildcard: true }).subscribe({ channel })).toEqual({ error: 107 });
    },
  );
});

describe('a subscription token', () => {
  const { subscribe, subRefresh } = rig({ subscribe: 'token' });
  const CLAIMS = { sub: 'ann', channel: 'sports:1', exp: LATER };

  test('lets its user in on its channel, with what it says', async () => {
    const token = await sign({ ...CLAIMS, info: [1], override: { presence: { value: true } } });
    const grant = { expiresAtMs: LATER * 1000, info: '[1]', presence: true };
    expect(await subscribe({ token })).toEqual(grant);
    expect(await subRefresh({ token })).toEqual(grant);
  });

  test('admits clients that need a token, unless no client may subscribe', async () => {
    const token = await sign(CLAIMS);
    for (const who of ['everyone', 'users', 'token', 'hook'] as const) {
      expect(await rig({ subscribe: who }).subscribe({ token })).toEqual({
        expiresAtMs: LATER * 1000,
      });
    }
    const closed = rig({ subscribe: 'nobody' });
    expect(await closed.subscribe({ token })).toEqual({ error: 103 });
    expect(await closed.subRefresh({ token })).toEqual({ error: 103 });
  });

  test('a token without a user is for anonymous clients', async () => {
    const token = await sign({ channel: 'sports:1' });
    expect(await subscribe({ token, credentials: ANONYMOUS })).toEqual({});
    expect(await subscribe({ token })).toEqual({ error: 103 });
  });

  test.each([
    ['for another channel', () => sign({ ...CLAIMS, channel: 'sports:2' })],
    ['of another user', () => sign({ ...CLAIMS, sub: 'bob' })],
    ['of nobody', () => sign({ channel: 'sports:1' })],
    ['of another client', () => sign({ ...CLAIMS, client: 'c2' })],
    ['for a connection', () => sign({ sub: 'ann' })],
    ['of a wrong key', () => forge({ alg: 'HS256' }, CLAIMS, hmac('x'))],
    ['of algorithm none', () => forge({ alg: 'none' }, CLAIMS)],
    ['that is none', () => 'hunter2'],
  ])('%s is refused with 103, and renews nothing', async (_, token) => {
    const text = await token();
    expect(await subscribe({ token: text })).toEqual({ error: 103 });
    expect(await rig().subscribe({ token: text })).toEqual({ error: 103 });
    expect(await subRefresh({ token: text })).toEqual({ error: 103 });
  });

  test('that has expired is answered 109, and ends the connection where it should renew', async () => {
    const token = await sign({ ...CLAIMS, exp: NOW_S - 60 });
    expect(await subscribe({ token })).toEqual({ error: 109 });
    expect(await subRefresh({ token })).toEqual({ close: 3006 });
  });

  test('that is not valid yet is answered as one that has expired', async () => {
    const token = await sign({ ...CLAIMS, nbf: NOW_S + 8 });
    expect(await subscribe({ token })).toEqual({ error: 109 });
    expect(await subRefresh({ token })).toEqual({ close: 3006 });
  });

  test('is needed to renew a subscription', async () => {
    expect(await subRefresh({})).toEqual({ error: 107 });
  });

  test('over 8 KiB is refused as such', async () => {
    expect(await subscribe({ token: 'x'.repeat(8193) })).toEqual({ error: 106 });
    expect(await subRefresh({ token: 'x'.repeat(8193) })).toEqual({ error: 106 });
  });
});

test.each<[Record<string, string>, boolean]>([
  [{}, true],
  [{ NEWSWIRE_TOKEN_HMAC_SECRET: SECRET }, false],
  [{ NEWSWIRE_TOKEN_HMAC_SECRET: SECRET, NEWSWIRE_ANONYMOUS: 'on' }, true],
  [{ NEWSWIRE_ANONYMOUS: 'off' }, false],
])('with %j, clients without a user are admitted: %j', (environment, isAdmitted) => {
  expect(accessRig({ settings: environment }).access.admitsAnonymous).toBe(isAdmitted);
});
