import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  accessRig,
  attempt,
  connectRequest,
  ecdsaPair,
  forge,
  hmac,
  outcome,
  rsaPair,
  SECRET,
} from '../../test/rig/access-rig.js';

const { access } = accessRig({
  settings: {
    NEWSWIRE_TOKEN_HMAC_SECRET: SECRET,
    NEWSWIRE_TOKEN_RSA_PUBLIC_KEY: rsaPair().pem,
    NEWSWIRE_TOKEN_ECDSA_PUBLIC_KEY: ecdsaPair('prime256v1').pem,
  },
});
const credentials = { user: 'ann', subs: {} };

const ALGORITHMS = ['HS256', 'HS512', 'RS256', 'PS512', 'ES256', 'none', 'EdDSA', 'dir', ''];
const alg = fc.constantFrom(...ALGORITHMS);
const header = fc.oneof(
  fc.record({ alg, typ: fc.jsonValue(), kid: fc.jsonValue() }, { requiredKeys: [] }),
  fc.record({ alg, crit: fc.jsonValue(), b64: fc.jsonValue(), jwk: fc.jsonValue() }),
  fc.jsonValue(),
);

const CLAIMS =
  'sub exp iat nbf aud iss jti channel client channels subs info b64info data b64data meta expire_at override'.split(
    ' ',
  );
const claims = fc.oneof(
  fc.dictionary(fc.constantFrom(...CLAIMS), fc.jsonValue()),
  fc.record({
    subs: fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a', 'a:*')),
      fc.dictionary(fc.constantFrom('info', 'b64info', 'override', 'expire_at'), fc.jsonValue()),
    ),
    channels: fc.array(fc.string()),
  }),
  fc.jsonValue(),
);

const signature = fc.oneof(fc.constant(''), fc.base64String(), fc.string());
const unsigned = fc
  .tuple(header, claims, signature)
  .map(([head, body, last]) => forge(head, body, () => last));
const garbage = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.array(fc.base64String(), { maxLength: 6 }).map((parts) => `${parts.join('.')}.`),
  fc.string({ minLength: 8193, maxLength: 20_000 }),
  unsigned,
);

const ATTEMPTS: readonly ((token: string) => unknown)[] = [
  (token) => access.connect(connectRequest({ token })),
  (token) => access.refresh('c1', credentials, token),
  (token) => access.subscribe(attempt({ token })),
  (token) => access.subRefresh(attempt({ token })),
];

const REFUSALS = [
  { close: 3500 },
  { close: 3005 },
  { close: 3006 },
  ...[103, 106, 107, 109].map((error) => ({ error })),
];

test('any text sent as a token is refused with a documented error', async () => {
  await fc.assert(
    fc.asyncProperty(garbage, fc.constantFrom(...ATTEMPTS), async (token, act) => {
      expect(REFUSALS).toContainEqual(await outcome(() => act(token)));
    }),
    { numRuns: 6000 },
  );
});

test('any signed token is accepted, or refused with a documented error', async () => {
  await fc.assert(
    fc.asyncProperty(claims, fc.constantFrom(...ATTEMPTS), async (body, act) => {
      const answer = await outcome(() => act(forge({ alg: 'HS256' }, body, hmac(SECRET))));
      const isRefusal = REFUSALS.some((refusal) => fc.stringify(refusal) === fc.stringify(answer));
      if (isRefusal) return;
      const { user, subs, ...grant } = answer as Record<string, unknown>;
      expect(['string', 'undefined']).toContain(typeof user);
      for (const entry of [grant, ...Object.values(subs ?? {})]) {
        const { info, data, meta, expiresAtMs = 0 } = entry as Record<string, string | undefined>;
        for (const line of [info, data, meta]) if (line !== undefined) JSON.parse(line);
        expect(Number.isFinite(expiresAtMs)).toBe(true);
      }
    }),
    { numRuns: 4000 },
  );
});
