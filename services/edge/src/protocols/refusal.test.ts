import { CLOSES } from '@newswire/protocol';
import { describe, expect, test } from 'vitest';
import { eventStreamRefusal, hasNextUpstream, buildRefusal, unavailable } from './refusal.js';

/** The status of the refusal; 200 means a finished stream. */
const getStatus = (code: number, hasNext = false) =>
  eventStreamRefusal(buildRefusal(code, 'why'), hasNext).status;

describe('the refusal of an event stream', () => {
  test('is a finished stream exactly for the codes after which clients reconnect', () => {
    for (const { code, reconnect } of Object.values(CLOSES)) {
      if (code !== CLOSES.stale.code)
        expect([code, getStatus(code) === 200]).toEqual([code, reconnect]);
    }
    // The request carries `connect`, so only newswire or a hook can have been too slow.
    expect(getStatus(CLOSES.stale.code)).toBe(200);
    const ofHooks = [3499, 3599, 3999, 4000, 4499, 4500, 4999];
    expect(ofHooks.map((code) => getStatus(code))).toEqual([200, 403, 403, 200, 200, 403, 403]);
  });

  test('is a 503 only for a proxy that asks the next edge, and only where another may take it', () => {
    const { status, headers } = eventStreamRefusal(unavailable('this edge is full'), true);
    expect(status).toBe(503);
    expect(headers).toEqual({ 'X-Newswire-Error': 'internal error: this edge is full' });
    expect(getStatus(CLOSES.tooManyRequests.code, true)).toBe(200);
    expect(getStatus(CLOSES.invalidToken.code, true)).toBe(401);
    expect(hasNextUpstream({ 'x-next-upstream': 'http_503' })).toBe(true);
    for (const value of ['', 'error', 'HTTP_503']) {
      expect(hasNextUpstream({ 'x-next-upstream': value })).toBe(false);
    }
  });

  test.each(['\n', '\r', '\r\n', '\n\n', '\u0000', '\u0085'])(
    'keeps %j out of fields and headers',
    (text) => {
      const refusal = unavailable(`away${text}data: forged`);
      expect(eventStreamRefusal(refusal, false).body).toBe(
        ': internal error: away data: forged\nretry: 2000\n\n',
      );
      expect(eventStreamRefusal(refusal, true).headers).toEqual({
        'X-Newswire-Error': 'internal error: away data: forged',
      });
    },
  );
});
