import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callApi, NewswireProcess, until } from '@newswire/testkit';
import { Centrifuge } from 'centrifuge';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';

const SECRET = 'a-secret-of-at-least-32-characters';
let server: NewswireProcess;

beforeAll(async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'newswire-limited-')), 'channels.json');
  const personal = { allow_user_limited_channels: true };
  writeFileSync(file, JSON.stringify({ namespaces: { personal } }));
  server = await NewswireProcess.start('standalone', {
    NEWSWIRE_CHANNELS_FILE: file,
    NEWSWIRE_TOKEN_HMAC_SECRET: SECRET,
  });
});
afterAll(() => server.stop());

test('the centrifuge library receives its own channel, and is refused that of another user', async () => {
  const token = await new SignJWT({ sub: '42' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(SECRET));
  const url = `ws://127.0.0.1:${server.port}/connection/websocket`;
  const centrifuge = new Centrifuge(url, { token, websocket: WebSocket });
  const received: unknown[] = [];
  const ends: unknown[] = [];
  for (const channel of ['personal:#42', 'personal:#41,42', 'personal:#43', 'personal:#421']) {
    const subscription = centrifuge.newSubscription(channel);
    subscription.on('publication', ({ data }) => received.push(data));
    subscription.on('unsubscribed', ({ code }) => ends.push([channel, code]));
    subscription.subscribe();
  }
  centrifuge.connect();
  try {
    for (const channel of ['personal:#42', 'personal:#41,42']) {
      await centrifuge.getSubscription(channel)?.ready(5000);
    }
    for (const channel of ['personal:#43', 'personal:#42', 'personal:#41,42']) {
      await callApi(server.url, 'publish', { channel, data: channel });
    }
    await until('both', () => received.length === 2);
    expect(received).toEqual(['personal:#42', 'personal:#41,42']);
    expect(ends).toEqual([
      ['personal:#43', 103],
      ['personal:#421', 103],
    ]);
  } finally {
    centrifuge.disconnect();
  }
});
