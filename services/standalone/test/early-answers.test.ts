import { Agent, request } from 'node:http';
import { httpRequest } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HttpSocket } from './rig/http-answers.js';
import { HTTP_RIGS, type HttpRig } from './rig/http-rigs.js';

const KEY = 'correct-horse-battery';
const ORIGIN = 'https://elsewhere.example';
const SEQUENTIAL = 5;
const PARALLEL = 15;

interface Refused {
  readonly line: string;
  readonly bytes: number;
  readonly headers?: Record<string, string>;
  readonly status: number;
}

/** Requests that are answered while their body is still on its way. */
const REFUSED: readonly Refused[] = [
  { line: 'POST /api/publish', bytes: 1_500_000, status: 413 },
  { line: 'POST /api/broadcast', bytes: 1_500_000, status: 413 },
  { line: 'POST /api/presence', bytes: 600_000, status: 413 },
  { line: 'POST /api/batch', bytes: 2_050_000, status: 413 },
  { line: 'POST /emulation', bytes: 1_500_000, status: 413 },
  { line: 'POST /connection/http_stream', bytes: 1_500_000, status: 413 },
  { line: 'POST /api/batch', bytes: 1_900_000, headers: { 'X-API-Key': 'wrong' }, status: 401 },
  { line: 'POST /emulation', bytes: 1_500_000, headers: { Origin: ORIGIN }, status: 403 },
  {
    line: 'POST /connection/http_stream',
    bytes: 1_500_000,
    headers: { Origin: ORIGIN },
    status: 403,
  },
  { line: 'POST /nothing', bytes: 1_500_000, status: 404 },
  { line: 'POST /api/nothing', bytes: 1_500_000, status: 404 },
  { line: 'PUT /api/publish', bytes: 1_500_000, status: 405 },
  { line: 'POST /sse', bytes: 1_500_000, status: 405 },
  { line: 'POST /readyz', bytes: 1_500_000, status: 405 },
  {
    line: 'POST /api/publish',
    bytes: 1_500_000,
    headers: { 'Content-Encoding': 'gzip' },
    status: 415,
  },
  {
    line: 'POST /emulation',
    bytes: 1_500_000,
    headers: { 'Content-Encoding': 'gzip' },
    status: 415,
  },
];

/** Ways in which clients use their connections, and say how long a body is. */
const MANNERS: readonly [name: string, headers: Record<string, string>][] = [
  ['with a length', {}],
  ['in chunks', { 'Transfer-Encoding': 'chunked' }],
  ['on a connection of its own', { Connection: 'close' }],
];

/** The status, or how it failed. Writes the whole body, whatever is answered meanwhile. */
function getStatus(port: number, refused: Refused, manner: Record<string, string>, agent: Agent) {
  return new Promise<number | string>((resolve) => {
    const [method = '', path = ''] = refused.line.split(' ');
    const headers = { 'X-API-Key': KEY, ...refused.headers, ...manner };
    if (manner['Transfer-Encoding'] === undefined) {
      Object.assign(headers, { 'Content-Length': String(refused.bytes) });
    }
    const client = request({ port, method, path, headers, agent }, (response) => {
      response.resume();
      response.on('close', () => resolve(response.statusCode ?? 0));
    });
    client.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    client.end('x'.repeat(refused.bytes));
  });
}

for (const { name, start, isMissing } of HTTP_RIGS) {
  describe.skipIf(isMissing)(`answers before the body has come: ${name}`, () => {
    let rig: HttpRig;

    beforeAll(async () => {
      // The least: with the default, /emulation takes 1.5 MB.
      rig = await start({ NEWSWIRE_API_KEY: KEY, NEWSWIRE_MAX_FRAME_BYTES: '131584' });
    });
    afterAll(() => rig.stop());

    const isOfEdges = (line: string) => / \/(sse|emulation|connection)/.test(line);
    const getPort = (line: string) => (isOfEdges(line) ? rig.edgePort : rig.centerPort);

    describe.each(MANNERS)('%s', (_, manner) => {
      test.each(REFUSED)('$line is always answered $status', async (refused) => {
        const agent = new Agent({ keepAlive: manner['Connection'] === undefined });
        const ask = () => getStatus(getPort(refused.line), refused, manner, agent);
        const statuses: (number | string)[] = [];
        for (let i = 0; i < SEQUENTIAL; i++) statuses.push(await ask());
        statuses.push(...(await Promise.all(Array.from({ length: PARALLEL }, ask))));
        agent.destroy();
        const counts: Record<string, number> = {};
        for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
        expect(counts).toEqual({ [refused.status]: SEQUENTIAL + PARALLEL });
      });
    });

    test('leaves the connection in order where the body ends', async () => {
      const socket = await HttpSocket.open(rig.centerPort);
      const body = 'x'.repeat(1_500_000);
      for (const path of ['/api/publish', '/nothing', '/readyz']) {
        const { status } = await socket.ask(httpRequest(`POST ${path}`, { body }));
        expect(status).toBeGreaterThanOrEqual(404);
      }
      expect((await socket.ask(httpRequest('GET /healthz'))).status).toBe(200);
      socket.cut();
    });
  });
}

describe('how much of an unwanted body is read', () => {
  let rig: HttpRig;

  beforeAll(async () => {
    const [embedded] = HTTP_RIGS;
    if (embedded === undefined) throw new Error('there is no embedded server');
    rig = await embedded.start({});
  });
  afterAll(() => rig.stop());

  const ENDLESS = { 'Transfer-Encoding': 'chunked' };
  const CHUNK = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  const LINES = [
    'POST /nothing',
    'POST /api/publish',
    'POST /sse',
    'GET /healthz',
    'HEAD /healthz',
  ];

  test.each(LINES)('%s ends after a few MiB', async (line) => {
    const socket = await HttpSocket.open(rig.centerPort);
    const head = httpRequest(line, { headers: ENDLESS }).replace('Content-Length: 0\r\n', '');
    socket.send(head);
    for (let i = 0; i < 100; i++) socket.send(CHUNK);
    await expect(socket.closed()).resolves.toBeUndefined();
    socket.cut();
  });

  test.each(['POST /nothing', 'POST /api/publish', 'GET /healthz'])(
    '%s that stops in the middle is answered before it is cut off',
    async (line) => {
      const socket = await HttpSocket.open(rig.centerPort);
      const bytes = '2000000';
      socket.send(httpRequest(line, { headers: { 'Content-Length': bytes } }));
      socket.send('x'.repeat(600_000));
      const { status, headers } = await socket.read();
      expect([status, headers['connection']]).toEqual([
        line.endsWith('nothing') ? 404 : 413,
        'close',
      ]);
      await socket.closed();
    },
  );
});
