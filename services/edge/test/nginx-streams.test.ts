import { httpRequest, missingPrograms, RawSocket } from '@newswire/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { TwoEdges } from './rig/two-edges.js';

const missing = missingPrograms('nginx');

const CONNECT = '{"id":1,"connect":{}}';

function openReader({ body }: Response) {
  if (body === null) throw new Error('there is no body');
  return body.getReader();
}

describe.skipIf(missing.length > 0)('streams through nginx (needs it)', () => {
  let rig: TwoEdges;
  const aborts: AbortController[] = [];

  afterEach(async () => {
    for (const abort of aborts.splice(0)) abort.abort();
    await rig.stop();
  });

  function post(path: string, body: string, headers: Record<string, string> = {}) {
    const abort = new AbortController();
    aborts.push(abort);
    const { signal } = abort;
    return fetch(`${rig.url}${path}`, { method: 'POST', body, headers, signal });
  }

  /** The first line of a stream, as soon as it comes. */
  async function firstLine(response: Response): Promise<string> {
    const reader = openReader(response);
    let text = '';
    while (!text.includes('\n')) {
      text += new TextDecoder().decode((await reader.read()).value);
    }
    reader.releaseLock();
    return text.split('\n')[0] ?? '';
  }

  test('while an edge drains, every new one succeeds, on the other', async () => {
    rig = await TwoEdges.start();
    await rig.at(0).edge.drain();
    for (let i = 0; i < 10; i++) {
      const response = await post('/connection/http_stream', CONNECT);
      expect(response.status).toBe(200);
      expect(await firstLine(response)).toContain('"session"');
    }
    expect(await rig.sessions()).toEqual([0, 10]);
  });

  test('while an edge drains, so does one whose body comes after its head', async () => {
    rig = await TwoEdges.start();
    await rig.at(0).edge.drain();
    const request = httpRequest('POST /connection/http_stream', {
      body: CONNECT,
      headers: { Expect: '100-continue' },
    });
    for (let i = 0; i < 10; i++) {
      const socket = await RawSocket.open(rig.port);
      socket.send(request.slice(0, -CONNECT.length));
      await socket.receives('100 Continue');
      socket.send(CONNECT);
      expect(await socket.receives('"session"')).toContain('HTTP/1.1 200 OK');
      socket.cut();
    }
  });

  test('commands reach their session whichever edge takes them, in order', async () => {
    rig = await TwoEdges.start();
    const response = await post('/connection/http_stream', CONNECT);
    const { connect } = JSON.parse(await firstLine(response)) as {
      connect: { client: string; session: string; node: string };
    };
    expect(connect.session).not.toBe(connect.client);
    const emulate = (data: string, change = {}) =>
      post('/emulation', JSON.stringify({ ...connect, data, ...change }));
    const commands = Array.from({ length: 20 }, (_, i) =>
      JSON.stringify({ id: i + 2, [i % 2 ? 'unsubscribe' : 'subscribe']: { channel: 'a' } }),
    );
    for (const command of commands) expect((await emulate(command)).status).toBe(204);
    const reader = openReader(response);
    let text = '';
    while (!text.includes('"id":21')) {
      text += new TextDecoder().decode((await reader.read()).value);
    }
    const ids = text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id?: number }).id);
    expect(ids.filter((id) => id !== undefined)).toEqual(commands.map((_, i) => i + 2));
    expect(text).not.toContain('"error"');
    expect(rig.asked.length).toBeGreaterThan(0);

    expect((await emulate('{}', { session: connect.client })).status).toBe(404);
    expect((await emulate('{}', { node: 'nobody' })).status).toBe(404);
    expect((await emulate('x'.repeat(1_500_000))).status).toBe(413);
    expect((await post('/emulation', '{"session":1}')).status).toBe(400);
    expect((await post('/emulation', 'nonsense')).status).toBe(400);
    reader.releaseLock();
  });

  test('as many commands reach a session as its first message may have, whichever edge takes them', async () => {
    rig = await TwoEdges.start();
    const response = await post('/connection/http_stream', CONNECT);
    const { connect } = JSON.parse(await firstLine(response)) as { connect: object };
    const channels = Array.from({ length: 128 }, (_, i) => `c${i}`);
    const token = 'x'.repeat(8192);
    const commands = channels.map((channel, i) => ({ id: i + 2, subscribe: { channel, token } }));
    const data = commands.map((command) => JSON.stringify(command)).join('\n');
    for (let i = 0; i < 4; i++) {
      expect((await post('/emulation', JSON.stringify({ ...connect, data }))).status).toBe(204);
    }
    expect(rig.asked.length).toBeGreaterThan(0);
  });

  test('a connect command that is too long for a URL is answered 414', async () => {
    rig = await TwoEdges.start();
    const response = await fetch(`${rig.url}/connection/sse?cf_connect=${'x'.repeat(20_000)}`);
    expect(response.status).toBe(414);
  });

  test('pages of other hosts may use them only where they are allowed', async () => {
    rig = await TwoEdges.start();
    const Origin = 'https://evil.example';
    expect((await post('/emulation', '{}', { Origin })).status).toBe(403);
    expect((await post('/connection/http_stream', CONNECT, { Origin })).status).toBe(403);
    const own = { Origin: rig.url };
    const asked = await fetch(`${rig.url}/emulation`, { method: 'OPTIONS', headers: own });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(rig.url);
    const stream = await post('/connection/http_stream', CONNECT, own);
    expect(stream.headers.get('access-control-allow-origin')).toBe(rig.url);
    expect(stream.headers.get('cache-control')).toBe('no-store, no-transform');
  });

  test('a client cannot claim another address, but a trusted proxy can', async () => {
    rig = await TwoEdges.start({}, { keptHeaders: ['x-test'] });
    const headers = { 'X-Real-IP': '203.0.113.7', 'X-Test': 'kept' };
    await firstLine(await post('/connection/http_stream', CONNECT, headers));
    const direct = `${rig.at(0).url}/connection/http_stream`;
    const abort = new AbortController();
    aborts.push(abort);
    const { signal } = abort;
    await firstLine(await fetch(direct, { method: 'POST', body: CONNECT, headers, signal }));
    const kept = { transport: 'http_stream', headers: { 'x-test': 'kept' } };
    expect(rig.visitors.map(({ origin }) => origin)).toEqual([
      { address: '127.0.0.1', ...kept },
      { address: '203.0.113.7', ...kept },
    ]);
  });
});
