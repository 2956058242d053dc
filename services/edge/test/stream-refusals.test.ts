import { ProtocolError } from '@newswire/protocol';
import { freePort, missingPrograms, NginxServer, SeedClient, until } from '@newswire/testkit';
import { allowedOrigins } from '@newswire/transport';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { AccessClosedError } from '../src/access/access.js';
import { TwoEdges } from './rig/two-edges.js';

const missing = missingPrograms('nginx');

const CONNECT = encodeURIComponent('{"id":1,"connect":{}}');
const STREAMS = ['/sse?channels=a', `/connection/sse?cf_connect=${CONNECT}`];
const PAGE = 'https://app.example';

interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly cacheControl: string | null;
  readonly text: string;
}

async function readAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  return {
    status,
    contentType: headers.get('content-type'),
    cacheControl: headers.get('cache-control'),
    text: await response.text(),
  };
}

/** An event stream that has ended with nothing but the reason and the time to come back. */
function finishedStream(reason: string): Answer {
  return {
    status: 200,
    contentType: 'text/event-stream',
    cacheControl: 'no-store, no-transform',
    text: `: internal error: ${reason}\nretry: 2000\n\n`,
  };
}

function readCors({ headers }: Response) {
  return [headers.get('access-control-allow-origin'), headers.get('vary')];
}

describe.skipIf(missing.length > 0)('event streams that cannot begin now (needs nginx)', () => {
  let rig: TwoEdges;
  afterEach(() => rig.stop());

  /** Behind Nginx, and at an edge itself. */
  const urls = () => [rig.url, rig.at(0).url];

  async function drainAll(): Promise<void> {
    await Promise.all([0, 1].map((index) => rig.at(index).edge.drain()));
  }

  test.each(STREAMS)('%s ends at once while all edges drain', async (path) => {
    rig = await TwoEdges.start();
    await drainAll();
    for (const url of urls()) {
      expect(await readAnswer(await fetch(url + path))).toEqual(
        finishedStream('this edge is draining'),
      );
    }
  });

  test('a WebSocket and an HTTP stream are answered 503 meanwhile, as their clients expect', async () => {
    rig = await TwoEdges.start();
    await drainAll();
    for (const url of urls()) {
      const body = '{"id":1,"connect":{}}';
      const stream = await fetch(`${url}/connection/http_stream`, { method: 'POST', body });
      expect(stream.status).toBe(503);
      const message = 'internal error: this edge is draining';
      expect(await stream.json()).toEqual({ error: { code: 100, message, temporary: true } });
      await expect(SeedClient.open(`${url.replace('http', 'ws')}/ws`)).rejects.toThrow('503');
    }
  });

  test.each(STREAMS)('%s goes to the next edge while one is full or drains', async (path) => {
    rig = await TwoEdges.start({ NEWSWIRE_MAX_CONNECTIONS: '1' });
    const first = await SeedClient.open(`${rig.at(0).url.replace('http', 'ws')}/ws`);
    await rig.publish('a', 'before');
    const abort = new AbortController();
    const stream = await fetch(rig.url + path, { signal: abort.signal });
    const start = await stream.body?.getReader().read();
    expect(new TextDecoder().decode(start?.value)).toMatch(
      /^retry: 2000\n\nid: a,1|^data: {"id":1/,
    );
    expect(await readAnswer(await fetch(rig.url + path))).toEqual(
      finishedStream('this edge is full'),
    );
    expect(await readAnswer(await fetch(rig.at(0).url + path))).toEqual(
      finishedStream('this edge is full'),
    );
    abort.abort();
    first.close();
  });

  test.each([
    [
      'the hook or Redis is away',
      new ProtocolError('internal', 'the hook\nis away'),
      'the hook is away',
    ],
    ['newswire has a fault', AccessClosedError.of('serverError'), 'internal server error'],
    [
      'a hook sends it away for now',
      new AccessClosedError({ code: 4000, reason: 'later\r\ndata: please' }),
      'later data: please',
    ],
  ])('/sse ends at once where %s', async (_, refusal, reason) => {
    rig = await TwoEdges.start();
    rig.refusal = refusal;
    for (const url of urls()) {
      const response = await fetch(`${url}/sse?channels=a`);
      expect(await readAnswer(response)).toEqual(finishedStream(reason));
    }
  });

  test('/sse ends at once after too many connects a second, and Nginx asks no other edge', async () => {
    rig = await TwoEdges.start({ NEWSWIRE_CONNECTS_PER_SECOND: '1' });
    for (const url of urls()) {
      const answer = await until('the limit', async () => {
        const abort = new AbortController();
        const response = await fetch(`${url}/sse?channels=a`, { signal: abort.signal });
        const start = await response.body?.getReader().read();
        abort.abort();
        const text = new TextDecoder().decode(start?.value);
        return text.startsWith(':') && { status: response.status, text };
      });
      const text = ': too many requests: too many requests\nretry: 2000\n\n';
      expect(answer).toEqual({ status: 200, text });
    }
  });

  test.each([
    ['a token is wrong', AccessClosedError.of('invalidToken'), 401],
    ['a token has expired', new ProtocolError('tokenExpired'), 401],
    ['it may not listen', new ProtocolError('permissionDenied'), 403],
    ['its user has too many connections', AccessClosedError.of('connectionLimit'), 429],
    [
      'a hook sends it away for good',
      new AccessClosedError({ code: 4500, reason: 'go away' }),
      403,
    ],
  ])('/sse stays an error where %s', async (_, refusal, status) => {
    rig = await TwoEdges.start();
    rig.refusal = refusal;
    for (const url of urls()) {
      expect((await fetch(`${url}/sse?channels=a`)).status).toBe(status);
    }
  });

  test('a page of an allowed origin can read the answer, with credentials as its edge says', async () => {
    rig = await TwoEdges.start({}, { originPolicy: allowedOrigins([PAGE]) });
    const headers = { Origin: PAGE, Cookie: 'session=1' };
    const [begun] = await Promise.all(
      STREAMS.slice(0, 1).map((path) => {
        const abort = new AbortController();
        onTestFinished(() => abort.abort());
        return fetch(rig.url + path, { headers, signal: abort.signal });
      }),
    );
    await drainAll();
    for (const path of STREAMS) {
      const response = await fetch(rig.url + path, { headers });
      expect(await readAnswer(response.clone())).toEqual(finishedStream('this edge is draining'));
      expect(readCors(response)).toEqual([PAGE, 'Origin']);
      const credentials = 'access-control-allow-credentials';
      expect(response.headers.get(credentials)).toBe(begun?.headers.get(credentials) ?? null);
      const foreign = await fetch(rig.url + path, { headers: { Origin: 'https://evil.example' } });
      expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([
        403,
        null,
      ]);
    }
  });
});

describe.skipIf(missing.length > 0)('event streams through Nginx alone (needs nginx)', () => {
  async function withoutEdges(settings: Record<string, string> = {}): Promise<NginxServer> {
    const nginx = await NginxServer.start(
      { edges: [await freePort(), await freePort()], center: [await freePort()] },
      settings,
    );
    onTestFinished(() => nginx.stop());
    return nginx;
  }

  test('end at once while no edge is there', async () => {
    const { url } = await withoutEdges();
    for (const path of STREAMS) {
      const response = await fetch(url + path);
      expect(await readAnswer(response)).toEqual(
        finishedStream('newswire does not answer, try again'),
      );
      const head = await fetch(url + path, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    }
  });

  test('can be read by pages, without credentials, which Nginx cannot allow by itself', async () => {
    const { url } = await withoutEdges();
    for (const path of [...STREAMS, '/emulation', '/connection/http_stream', '/api/publish']) {
      const isStream = STREAMS.includes(path);
      const method = isStream ? 'GET' : 'POST';
      const response = await fetch(url + path, { method, headers: { Origin: PAGE } });
      expect(response.status).toBe(isStream ? 200 : 503);
      expect(readCors(response)).toEqual([PAGE, 'Origin']);
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
      expect(readCors(await fetch(url + path, { method }))).toEqual([null, null]);
    }
  });

  test('are dropped connections for pages that need credentials', async () => {
    const { url } = await withoutEdges();
    for (const path of STREAMS) {
      const headers = { Origin: PAGE, Cookie: 'session=1' };
      await expect(fetch(url + path, { headers })).rejects.toThrow('fetch failed');
      expect((await fetch(url + path, { headers: { Cookie: 'session=1' } })).status).toBe(200);
    }
  });

  test('no preflight succeeds while no edge is there', async () => {
    const { url } = await withoutEdges();
    for (const path of STREAMS) {
      const asked = await fetch(url + path, { method: 'OPTIONS', headers: { Origin: PAGE } });
      expect(asked.status).toBe(503);
    }
  });

  test('end at once where Nginx has no connection left', async () => {
    const rig = await TwoEdges.start();
    const ports = rig.edges.map(({ port }) => port);
    const nginx = await NginxServer.start(
      { edges: ports, center: ports },
      { worker_processes: '1', worker_connections: '21' },
    );
    const abort = new AbortController();
    onTestFinished(async () => {
      abort.abort();
      await nginx.stop();
      await rig.stop();
    });
    const texts = await until('one too many', async () => {
      const response = await fetch(`${nginx.url}/sse?channels=a`, { signal: abort.signal });
      expect(response.status).toBe(200);
      const start = await response.body?.getReader().read();
      const text = new TextDecoder().decode(start?.value);
      return text.startsWith(':') && text;
    });
    expect(texts).toBe(': internal error: newswire does not answer, try again\nretry: 2000\n\n');
  });
});
