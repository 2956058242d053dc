import { expect, test } from 'vitest';
import { remoteKeys } from '../src/access/token-keys.js';
import { TokenVerifier } from '../src/access/token-verifier.js';
import { rsaPair, sign } from './rig/access-rig.js';
import { Backend } from './rig/backend.js';
import fc from 'fast-check';

const rsa = rsaPair();
const good = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'r' };

const member = fc.oneof(
  fc.constantFrom<unknown>('RSA', 'EC', 'oct', 'r', 'RS256', 'sig', 'AQAB', 'P-256', good.n),
  fc.jsonValue({ maxDepth: 1 }),
);
const members = fc.constantFrom(...'kty kid alg use key_ops n e d x y crv k ext'.split(' '));
const jwk = fc.oneof(
  fc.dictionary(members, member).map((each) => ({ kty: 'RSA', kid: 'r', ...each })),
  fc.dictionary(members, member, { maxKeys: 2 }).map((each) => ({ ...good, ...each })),
  fc.constant(good),
  fc.jsonValue(),
);
const body = fc.oneof(
  { weight: 6, arbitrary: fc.array(jwk, { maxLength: 3 }).map((keys) => JSON.stringify({ keys })) },
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

test('with any document at the JWKS URL, a token is valid, refused or may be retried', async () => {
  const backend = await Backend.start((response) => response.end());
  const byRsa = { alg: 'RS256', key: rsa.privateKey };
  const signers = [byRsa, { ...byRsa, kid: 'r' }];
  const tokens = await Promise.all(signers.map((signer) => sign({ sub: 'ann' }, signer)));
  const seen: Record<string, number> = {};
  const holds = fc.asyncProperty(body, fc.constantFrom(...tokens), async (bytes, token) => {
    let nowMs = 0;
    const failures: string[] = [];
    const onFailure = (message: string) => void failures.push(message);
    const options = { onFailure, cacheMs: 0, coolDownMs: 0, now: () => nowMs };
    const key = remoteKeys(new URL(backend.url), options);
    const keys = [{ algorithms: ['RS256'], key }];
    const verifier = new TokenVerifier({
      keys,
      audience: undefined,
      issuer: undefined,
      leewayMs: 0,
      now: () => 0,
    });
    const check = () =>
      verifier.verify(token).then(
        ({ claims }) => String(claims['sub']),
        (error: Error) => error.name,
      );
    backend.answer = (response) => response.end(bytes);
    const answer = await check();
    expect(['ann', 'InvalidTokenError', 'ProtocolError']).toContain(answer);
    expect(failures.length).toBe(answer === 'ProtocolError' ? 1 : 0);
    seen[answer] = (seen[answer] ?? 0) + 1;
    backend.answer = (response) => response.end(JSON.stringify({ keys: [good] }));
    nowMs = 1000;
    expect(await check()).toBe('ann');
    backend.asked.length = 0;
  });
  await fc.assert(holds, { numRuns: 2000 });
  expect(Object.keys(seen)).toHaveLength(3);
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
});
