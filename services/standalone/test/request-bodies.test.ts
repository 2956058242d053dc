import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { httpRequest } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpSocket, type HttpAnswer } from './rig/http-answers.js';
import { HTTP_RIGS, type HttpRig } from './rig/http-rigs.js';

const PUBLISH = '{"channel":"a","data":"Grüße"}';
const CONNECT = '{"id":1,"connect":{}}';

const POSTS = [
  ['/api/publish', PUBLISH],
  ['/api/batch', `{"commands":[{"publish":${PUBLISH}}]}`],
  ['/emulation', '{"session":"none","node":"none","data":"{}"}'],
  ['/connection/http_stream', CONNECT],
] as const;

const COMPRESSED: [encoding: string, compress: (text: string) => Buffer][] = [
  ['gzip', gzipSync],
  ['GZIP', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['identity, gzip', gzipSync],
  ['gzip, gzip', (text) => gzipSync(gzipSync(text))],
  ['zstd', (text) => Buffer.from(text)],
  ['rot13', (text) => Buffer.from(text)],
];

/** A POST with this body, as bytes. */
function post(path: string, body: string | Buffer, headers: Record<string, string> = {}): Buffer {
  const length = { 'Content-Length': String(Buffer.byteLength(body)) };
  const head = httpRequest(`POST ${path}`, { headers: { ...length, ...headers } });
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

function chunked(path: string, chunks: readonly string[], coding = 'chunked'): string {
  const head = httpRequest(`POST ${path}`, { headers: { 'Transfer-Encoding': coding } });
  const sized = [...chunks, ''].map(
    (chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`,
  );
  return head.replace('Content-Length: 0\r\n', '') + sized.join('');
}

for (const { name, start, isMissing } of HTTP_RIGS) {
  describe.skipIf(isMissing)(`bodies: ${name}`, () => {
    let rig: HttpRig;

    beforeAll(async () => {
      rig = await start({});
    });
    afterAll(() => rig.stop());

    async function open(path: string): Promise<HttpSocket> {
      return HttpSocket.open(path.startsWith('/api/') ? rig.centerPort : rig.edgePort);
    }

    async function ask(path: string, request: string | Buffer): Promise<HttpAnswer> {
      const socket = await open(path);
      const answer = await socket.ask(request);
      socket.cut();
      return answer;
    }

    describe.each(POSTS)('%s', (path, body) => {
      test.each(COMPRESSED)('in %s is answered 415', async (encoding, compress) => {
        const request = post(path, compress(body), { 'Content-Encoding': encoding });
        const socket = await open(path);
        const answer = await socket.ask(request);
        expect(answer.status).toBe(415);
        expect(answer.headers['accept-encoding']).toBe('identity');
        expect(JSON.parse(answer.body)).toEqual({
          error: { code: 107, message: 'bad request: a body must have no Content-Encoding' },
        });
        // The connection is in order.
        expect((await socket.ask(request)).status).toBe(415);
        socket.cut();
      });

      test.each(['utf16le', 'utf16be'] as const)('in %s is answered 400', async (encoding) => {
        for (const mark of ['', '\uFEFF']) {
          const bytes = Buffer.from(mark + body, 'utf16le');
          const answer = await ask(
            path,
            post(path, encoding === 'utf16be' ? bytes.swap16() : bytes),
          );
          expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('UTF-16')]);
        }
      });
    });

    test.each<[string, string | Buffer]>([
      [
        'with an identity encoding',
        post('/api/publish', PUBLISH, { 'Content-Encoding': 'Identity' }),
      ],
      ['after a byte order mark', post('/api/publish', `\uFEFF${PUBLISH}`)],
      [
        'as curl -d sends it',
        post('/api/publish', PUBLISH, { 'Content-Type': 'application/x-www-form-urlencoded' }),
      ],
      ['in chunks', chunked('/api/publish', [PUBLISH.slice(0, 9), PUBLISH.slice(9)])],
      ['in Chunks', chunked('/api/publish', [PUBLISH], 'Chunked')],
    ])('a publication %s is published', async (_, request) => {
      const answer = await ask('/api/publish', request);
      expect(JSON.parse(answer.body)).toMatchObject({ result: { offset: expect.any(Number) } });
    });

    test('a connect command after a byte order mark connects', async () => {
      const path = '/connection/http_stream';
      const socket = await open(path);
      socket.send(post(path, `\uFEFF${CONNECT}`));
      expect(await socket.receives('"session"')).toContain('HTTP/1.1 200');
      socket.cut();
    });

    test('a body in a transfer coding that is not known is answered 501', async () => {
      const request = chunked('/api/publish', [PUBLISH], 'gzip, chunked');
      expect((await ask('/api/publish', request)).status).toBe(501);
    });

    test('a client that waits for 100 Continue gets it, and an answer for each body', async () => {
      const wait = { Expect: '100-continue' };
      const request = post('/api/publish', PUBLISH, wait);
      const headBytes = request.indexOf('\r\n\r\n') + 4;
      const socket = await open('/api/publish');
      for (const [head, status] of [
        [request.subarray(0, headBytes), 200],
        [Buffer.from(request.subarray(0, headBytes).toString().replace('publish', 'nothing')), 404],
      ] as const) {
        socket.send(head);
        await socket.receives('100 Continue\r\n\r\n');
        expect((await socket.ask(request.subarray(headBytes))).status).toBe(status);
      }
      socket.cut();
    });
  });
}
