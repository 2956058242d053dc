import { missingPrograms, NginxServer, RawSocket, until } from '@newswire/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CodeEdge } from './rig/code-edge.js';

const HEAD = 'GET /ws HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
const BODY = 'POST /emulation HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n{';

/** What such clients send at first, and then again and again. */
const SILENT = [
  ['nothing', '', ''],
  ['half a header', HEAD, ''],
  ['half a body', BODY, ''],
] as const;
const DRIPPING = [
  ['a header, byte by byte', HEAD, 'x'],
  ['a body, byte by byte', BODY, 'x'],
] as const;

/** Resolves when the server has closed the connection. */
async function untilCut(port: number, first: string, drip: string): Promise<string> {
  const socket = await RawSocket.open(port);
  socket.send(first);
  const dripping = setInterval(() => socket.send(drip), 200);
  try {
    await until('the connection to be cut', () => socket.isClosed, 30_000);
    return socket.received;
  } finally {
    clearInterval(dripping);
    socket.cut();
  }
}

describe('a client that sends a request too slowly is cut off', () => {
  let edge: CodeEdge;

  beforeAll(async () => {
    edge = await CodeEdge.start({});
  });
  afterAll(() => edge.stop());

  // uWebSockets.js gives a request 10 s, and does not count single bytes as progress.
  test.concurrent.each([...SILENT, ...DRIPPING])(
    'at the edge: %s',
    { timeout: 40_000 },
    async (_, first, drip) => {
      expect(await untilCut(edge.port, first, drip)).toBe('');
    },
  );

  describe.skipIf(missingPrograms('nginx').length > 0)('at Nginx (needs nginx)', () => {
    let nginx: NginxServer;
    let asConfigured: NginxServer;

    beforeAll(async () => {
      const upstreams = { edges: [edge.port], center: [edge.port] };
      const short = { client_header_timeout: '1s', client_body_timeout: '1s' };
      nginx = await NginxServer.start(upstreams, short);
      asConfigured = await NginxServer.start(upstreams);
    });
    afterAll(() => Promise.all([nginx.stop(), asConfigured.stop()]));

    // Nginx takes any byte of a body for progress: that one is left to the edge, see below.
    test.concurrent.each([...SILENT, DRIPPING[0]])('%s', async (_, first, drip) => {
      expect(await untilCut(nginx.port, first, drip)).toMatch(/^(|HTTP\/1.1 408 .*)$/s);
    });

    // In half of the minute that Nginx gives where nothing is said. 503: it was the edge that cut.
    test.concurrent.each([...SILENT, DRIPPING[1]])(
      'as nginx.conf stands: %s',
      { timeout: 40_000 },
      async (_, first, drip) => {
        const answer = drip === '' ? /^(|HTTP\/1.1 408 .*)$/s : /^HTTP\/1.1 503 /;
        expect(await untilCut(asConfigured.port, first, drip)).toMatch(answer);
      },
    );
  });
});
