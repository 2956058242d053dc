import { httpRequest } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpSocket, type HttpAnswer } from './rig/http-answers.js';
import { HTTP_RIGS, type HttpRig } from './rig/http-rigs.js';

const CONNECT = encodeURIComponent('{"id":1,"connect":{}}');
const FOREIGN = { Origin: 'https://elsewhere.example' };

const AT_CENTER = ['/', '/api/openapi.json', '/healthz', '/readyz', '/api/publish', '/nothing'];
const AT_EDGES = ['/ws', '/connection/websocket', '/emulation', '/connection/http_stream'];
const STREAMS = [
  ['/sse?channels=a', 'text/event-stream'],
  [`/connection/sse?cf_connect=${CONNECT}`, 'text/event-stream'],
] as const;
const METHODS = ['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'QUERY', 'MADEUP', 'get'];

/** The answer to a request, after which the same connection answers another or is said to be closed. */
async function ask(
  port: number,
  line: string,
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  const socket = await HttpSocket.open(port);
  try {
    const answer = await socket.ask(httpRequest(line, { headers }));
    if (answer.headers['connection'] === 'close') {
      await socket.closed();
      return answer;
    }
    const next = await socket.ask(httpRequest('GET /nothing/else'));
    expect([next.status, next.body]).toEqual([404, expect.stringContaining('/nothing/else')]);
    return answer;
  } finally {
    socket.cut();
  }
}

/** Of an edge; it must have no sessions. */
async function sessionsAt({ edgeUrl }: HttpRig): Promise<string | undefined> {
  const metrics = await (await fetch(`${edgeUrl}/metrics`)).text();
  return /^newswire_edge_sessions (\d+)$/m.exec(metrics)?.[1];
}

for (const { name, start, isMissing } of HTTP_RIGS) {
  describe.skipIf(isMissing)(`methods: ${name}`, () => {
    let rig: HttpRig;

    beforeAll(async () => {
      rig = await start({ NEWSWIRE_ALLOWED_ORIGINS: 'https://listed.example' });
    });
    afterAll(() => rig.stop());

    const getPort = (path: string) => (AT_CENTER.includes(path) ? rig.centerPort : rig.edgePort);

    test.each([...AT_CENTER, ...AT_EDGES, '/metrics'])(
      'HEAD %s is answered as GET is, without a body',
      async (path) => {
        const head = await ask(getPort(path), `HEAD ${path}`);
        const get = await ask(getPort(path), `GET ${path}`);
        expect(head.status).toBe(get.status);
        expect(head.headers['content-type']).toBe(get.headers['content-type']);
        expect(head.headers['allow']).toBe(get.headers['allow']);
        if (path !== '/metrics') {
          expect(head.headers['content-length']).toBe(get.headers['content-length']);
        }
      },
    );

    test.each(STREAMS)('HEAD %s says how a stream begins, and opens none', async (path, type) => {
      const answer = await ask(rig.edgePort, `HEAD ${path}`);
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': type } });
      expect(answer.headers['cache-control']).toContain('no-store');
      expect(await sessionsAt(rig)).toBe('0');
    });

    test.each([
      ['HEAD /connection/sse', {}, 400],
      ['HEAD /sse?channels=a', FOREIGN, 403],
      ['HEAD /sse?channels=a&last_event_id=nonsense', {}, 400],
      ['OPTIONS /sse', FOREIGN, 403],
      ['OPTIONS /emulation', { Origin: 'https://listed.example' }, 204],
    ])('%s with %j is answered %i, and nothing follows', async (line, headers, status) => {
      expect((await ask(rig.edgePort, line, headers)).status).toBe(status);
    });

    test.each(METHODS)('%s leaves every connection in order', async (method) => {
      for (const path of [...AT_CENTER, ...AT_EDGES, ...STREAMS.map(([stream]) => stream)]) {
        const { status } = await ask(getPort(path), `${method} ${path}`);
        expect([path, status]).toEqual([path, expect.toSatisfy((s: number) => s < 500)]);
      }
    });

    test('a wrong method is answered with the right ones', async () => {
      expect((await ask(rig.centerPort, 'PUT /readyz')).headers['allow']).toBe('GET, HEAD');
      expect((await ask(rig.centerPort, 'PUT /api/publish')).headers['allow']).toBe('POST');
    });
  });
}
