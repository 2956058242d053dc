import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { createGunzip, constants } from 'node:zlib';
import { missingPrograms, NginxServer, until } from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { TwoEdges } from '../../services/edge/test/rig/two-edges.js';
import { DOCUMENTED, snippet, startProxy, UNPREPARED, type RunningProxy } from './proxies.js';

/** Other than the proxy's own. */
const CLIENT_ADDRESS = '127.0.0.2';

/** The proxies' certificates are signed by themselves. */
const UNSIGNED = { rejectUnauthorized: false };

/** An answer that is read as it comes. */
class Answer {
  readonly response: IncomingMessage;
  text = '';

  private constructor(response: IncomingMessage) {
    this.response = response;
    const isGzip = response.headers['content-encoding'] === 'gzip';
    const body = isGzip ? response.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH })) : response;
    body.on('data', (chunk: Buffer) => (this.text += chunk.toString('utf8')));
    body.on('error', () => undefined);
  }

  static async to(url: string, body?: string): Promise<Answer> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = url.startsWith('https') ? requestHttps : requestHttp;
      const method = body === undefined ? 'GET' : 'POST';
      const headers = { 'Accept-Encoding': 'gzip' };
      const options = { method, headers, agent: false, localAddress: CLIENT_ADDRESS, ...UNSIGNED };
      request(url, options, resolve).on('error', reject).end(body);
    });
    return new Answer(response);
  }

  async has(text: string): Promise<void> {
    await until(text, () => this.text.includes(text));
  }

  cut(): void {
    this.response.destroy();
  }
}

const CONNECT = '{"id":1,"connect":{}}';

/** What begins each stream that listens to `news`. */
const STREAMS: Readonly<Record<string, (url: string) => Promise<Answer>>> = {
  '/sse': async (url) => {
    const stream = await Answer.to(`${url}/sse?channels=news`);
    await stream.has('event: subscribed');
    return stream;
  },
  '/connection/sse': (url) =>
    subscribed(url, Answer.to(`${url}/connection/sse?cf_connect=${encodeURIComponent(CONNECT)}`)),
  '/connection/http_stream': (url) =>
    subscribed(url, Answer.to(`${url}/connection/http_stream`, CONNECT)),
};

async function subscribed(url: string, opening: Promise<Answer>): Promise<Answer> {
  const stream = await opening;
  await stream.has('"node"');
  const [, session = '', node = ''] =
    /"session":"([^"]+)","node":"([^"]+)"/.exec(stream.text) ?? [];
  const data = '{"id":2,"subscribe":{"channel":"news"}}';
  const { response } = await Answer.to(`${url}/emulation`, JSON.stringify({ session, node, data }));
  expect(response.statusCode).toBe(204);
  await stream.has('"id":2');
  return stream;
}

const missing = missingPrograms('nginx', 'openssl');

describe.skipIf(missing.length > 0)('behind another proxy (needs nginx and openssl)', () => {
  let rig: TwoEdges;
  let nginx: NginxServer;

  beforeAll(async () => {
    // Without pings, which would push out what a proxy holds back.
    rig = await TwoEdges.start({ NEWSWIRE_PING_INTERVAL_MS: '200000' });
    const ports = rig.edges.map(({ port }) => port);
    nginx = await NginxServer.start({ edges: ports, center: ports }, {}, ['nginx'], {
      http: snippet('nginx-realip'),
    });
  });
  afterAll(async () => {
    await nginx.stop();
    await rig.stop();
  });

  const isHere = ({ program }: { program: string }) => missingPrograms(program).length === 0;
  // No package installs Traefik: its snippet runs only where Traefik is there already.
  const kinds = [...UNPREPARED, ...DOCUMENTED].filter(
    (each) => each.program !== 'traefik' || isHere(each),
  );
  for (const kind of kinds) {
    describe.skipIf(!isHere(kind))(`${kind.name} (needs ${kind.program})`, () => {
      let proxy: RunningProxy;
      const streams: Answer[] = [];
      beforeAll(async () => {
        proxy = await startProxy(kind, nginx.port);
      });
      afterEach(() => {
        for (const stream of streams.splice(0)) stream.cut();
      });
      afterAll(() => proxy.stop());

      test.each(Object.keys(STREAMS))('%s delivers each event as it comes', async (path) => {
        const stream = await STREAMS[path]?.(proxy.url);
        if (stream === undefined) throw new Error(`there is no ${path}`);
        streams.push(stream);
        for (const item of [1, 2, 3].map((i) => `${path}#${i}`)) {
          await rig.publish('news', item);
          await stream.has(item);
        }
        expect(stream.response.headers['content-encoding']).toBe(
          kind.name === 'an Nginx that compresses' ? 'gzip' : undefined,
        );
      });

      if (!DOCUMENTED.includes(kind)) return;
      test('carries WebSockets of its own pages, long tokens and the addresses of clients', async () => {
        const socket = new WebSocket(`${proxy.url.replace('http', 'ws')}/connection/websocket`, {
          origin: proxy.url,
          ...UNSIGNED,
        });
        let received = '';
        socket.on('message', (data) => (received += String(data)));
        socket.on('open', () => socket.send(CONNECT));
        await until('the reply', () => received.includes('"client"'));
        socket.close();

        const token = 't'.repeat(8192);
        const stream = await Answer.to(`${proxy.url}/sse?channels=news&token=${token}`);
        streams.push(stream);
        await stream.has('event: subscribed');
        const last = rig.visitors.at(-1);
        expect([last?.token, last?.origin.address]).toEqual([token, CLIENT_ADDRESS]);

        const body = 'x'.repeat(2_000_000);
        expect((await Answer.to(`${proxy.url}/nothing`, body)).response.statusCode).toBe(404);
      });
    });
  }
});
