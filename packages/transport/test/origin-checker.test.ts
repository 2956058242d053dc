import { httpRequest, RawSocket, upgradeRequest } from '@newswire/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { addressList, allowedOrigins } from '../src/index.js';
import { StreamRig } from './stream-rig.js';

let rig: StreamRig;
const sockets: RawSocket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.cut();
  await rig.stop();
});

async function ask(...parts: string[]): Promise<RawSocket> {
  const socket = await RawSocket.open(rig.port);
  sockets.push(socket);
  for (const part of parts) {
    socket.send(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return socket;
}

const upgrade = (headers: string) =>
  upgradeRequest('/ws').replace('\r\n\r\n', `\r\n${headers}\r\n\r\n`);

describe('pages of other hosts', () => {
  const evil = { Origin: 'https://evil.example', Host: 'news.example' };

  test('may not connect, in any way, nor ask whether they may', async () => {
    rig = await StreamRig.start();
    for (const line of ['GET /get', 'POST /post', 'OPTIONS /post', 'OPTIONS /get']) {
      const refused = await ask(httpRequest(line, { headers: evil }));
      expect(await refused.receives('}}')).toMatch(/^HTTP\/1.1 403 .*"code":103/s);
      expect(refused.received).not.toMatch(/Access-Control/);
    }
    const refused = await ask(upgrade('Origin: https://evil.example'));
    expect(await refused.receives('}}')).toMatch(/^HTTP\/1.1 403 /);
    expect(rig.opened).toEqual([]);
  });

  const CREDENTIALS = /Access-Control-Allow-Credentials: true\r\n/;

  test('may where they are allowed, with credentials, and can read what comes', async () => {
    rig = await StreamRig.start({ originPolicy: allowedOrigins(['https://evil.example']) });
    const preflight = await ask(httpRequest('OPTIONS /post', { headers: evil }));
    const answer = await preflight.receives('\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 204 /);
    expect(answer).toMatch(/Access-Control-Allow-Origin: https:\/\/evil.example\r\n/);
    expect(answer).toMatch(/Access-Control-Allow-Methods: POST\r\n/);
    expect(answer).toMatch(/Access-Control-Allow-Headers: Content-Type, Authorization/);
    expect(answer).toMatch(/Vary: Origin, Access-Control-Request-Headers\r\n/);
    expect(answer).toMatch(CREDENTIALS);
    const stream = await ask(httpRequest('GET /get', { headers: evil }));
    (await rig.connection()).connection.send('hello');
    const begun = await stream.receives('hello');
    expect(begun).toMatch(
      /Access-Control-Allow-Origin: https:\/\/evil.example\r\nVary: Origin\r\n/,
    );
    expect(begun).toMatch(CREDENTIALS);
    await (await ask(upgrade('Origin: https://evil.example'))).receives('101');
  });

  test('may send the headers that they ask for', async () => {
    rig = await StreamRig.start({ originPolicy: allowedOrigins(['https://evil.example']) });
    const asked = 'cache-control,x-requested-with,traceparent';
    const headers = { ...evil, 'Access-Control-Request-Headers': asked };
    for (const path of ['/get', '/post']) {
      const preflight = await ask(httpRequest(`OPTIONS ${path}`, { headers }));
      expect(await preflight.receives('\r\n\r\n')).toContain(
        'Access-Control-Allow-Headers: cache-control, x-requested-with, traceparent\r\n',
      );
    }
  });

  test.each([
    ['GET /get?refuse', {}, 404],
    ['HEAD /get?refuse', {}, 404],
    ['POST /post', { 'Content-Encoding': 'gzip' }, 415],
    ['POST /get', {}, 405],
    ['PUT /post', {}, 405],
  ])('can read that %s with %j is answered %i', async (line, more, status) => {
    rig = await StreamRig.start({ originPolicy: allowedOrigins(['https://evil.example']) });
    const refused = await ask(httpRequest(line, { headers: { ...evil, ...more } }));
    const answer = await refused.receives('\r\n\r\n');
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/Access-Control-Allow-Origin: https:\/\/evil.example\r\n/);
    expect(answer).toMatch(CREDENTIALS);
  });

  test('come without credentials where all may come', async () => {
    rig = await StreamRig.start({ originPolicy: allowedOrigins(['*']) });
    for (const line of ['OPTIONS /post', 'GET /get?refuse', 'POST /get']) {
      const answered = await ask(httpRequest(line, { headers: evil }));
      const answer = await answered.receives('\r\n\r\n');
      expect(answer).toMatch(/Access-Control-Allow-Origin: https:\/\/evil.example\r\n/);
      expect(answer).not.toMatch(/Allow-Credentials/);
    }
  });

  test.each(['GET /get', 'GET /get?refuse', 'POST /post', 'OPTIONS /post', 'POST /get'])(
    'are checked against the origin policy once: %s',
    async (line) => {
      const checked: string[] = [];
      const allows = allowedOrigins(['*']);
      const originPolicy = (origin: string, host: string) => {
        checked.push(origin);
        return allows(origin, host);
      };
      rig = await StreamRig.start({ originPolicy });
      const headers = line === 'POST /post' ? { ...evil, 'Content-Encoding': 'gzip' } : evil;
      const asked = await ask(httpRequest(line, { headers }));
      if (line === 'GET /get') (await rig.connection()).connection.send('hello');
      await asked.receives('\r\n\r\n');
      expect(checked).toEqual([evil.Origin]);
    },
  );

  test('vary by origin in caches, also for programs', async () => {
    rig = await StreamRig.start();
    const answered = await ask(httpRequest('GET /get?refuse'));
    expect(await answered.receives('\r\n\r\n')).toMatch(/Vary: Origin\r\n/);
  });
});

describe('where a client comes from', () => {
  const spoken = { 'X-Real-IP': '203.0.113.7', 'User-Agent': 'test' };

  test.each([
    ['is what a trusted proxy says', ['127.0.0.0/8'], '203.0.113.7'],
    ['is its socket otherwise', ['10.0.0.0/8'], '127.0.0.1'],
  ])('%s', async (_, trusted, address) => {
    const keptHeaders = ['user-agent', 'cookie'];
    rig = await StreamRig.start({ trustedProxies: addressList(trusted), keptHeaders });
    await ask(httpRequest('GET /get', { headers: spoken }));
    await rig.connection(0);
    await ask(upgrade('X-Real-IP: 203.0.113.7\r\nUser-Agent: test'));
    await rig.connection(1);
    const headers = { 'user-agent': 'test' };
    expect(rig.opened.map(({ origin }) => origin)).toEqual([
      { address, transport: 'plain_sse', headers },
      { address, transport: 'websocket', headers },
    ]);
  });
});

describe('a token of 12 KiB', () => {
  const token = 't'.repeat(12_000);

  test('comes through in the address, in pieces too', async () => {
    rig = await StreamRig.start();
    await ask(httpRequest(`GET /get?${token}`));
    const whole = httpRequest(`GET /get?${token}`);
    const pieces = whole.match(/[^]{1,3000}/g) ?? [];
    await ask(...pieces);
    await rig.connection(1);
    expect(rig.opened.map(({ listener }) => listener.texts)).toEqual([[token], [token]]);
  });

  test('comes through in a header', async () => {
    rig = await StreamRig.start();
    await ask(httpRequest('GET /get', { headers: { Authorization: `Bearer ${token}` } }));
    await rig.connection();
    expect(rig.requests[0]?.headers['authorization']).toBe(`Bearer ${token}`);
  });
});
