import {
  callApi,
  httpRequest,
  missingPrograms,
  NewswireProcess,
  publish,
  RawSocket,
  RedisServer,
  SeedClient,
  subscribed,
  upgradeRequest,
} from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

interface Rig {
  readonly edge: NewswireProcess;
  readonly center: NewswireProcess;
  dispose(): Promise<void>;
}

async function startEmbedded(): Promise<Rig> {
  const newswire = await NewswireProcess.start('standalone', { NEWSWIRE_DRAIN_MS: '0' });
  return { edge: newswire, center: newswire, dispose: async () => void (await newswire.stop()) };
}

async function startPair(): Promise<Rig> {
  const redis = await RedisServer.start();
  const environment = { NEWSWIRE_REDIS_URL: redis.url, NEWSWIRE_DRAIN_MS: '0' } as const;
  const [edge, center] = await Promise.all([
    NewswireProcess.start('edge', environment),
    NewswireProcess.start('center', environment),
  ]);
  const dispose = async () => {
    await Promise.all([edge.stop(), center.stop()]);
    await redis.dispose();
  };
  return { edge, center, dispose };
}

const RIGS = [
  { name: 'embedded', start: startEmbedded, needs: [] },
  { name: 'edge and center over Redis', start: startPair, needs: ['redis-server', 'redis-cli'] },
].map((rig) => ({ ...rig, missing: missingPrograms(...rig.needs) }));

// Whatever one client or publisher does wrong, a bystander on the same servers misses nothing.
for (const { name, start: startRig, missing } of RIGS) {
  describe.skipIf(missing.length > 0)(`bad input: ${name}`, () => {
    let rig: Rig;
    let bystander: SeedClient;
    let published: string[];
    const clients: SeedClient[] = [];

    beforeAll(async () => {
      rig = await startRig();
    });
    afterAll(() => rig.dispose());

    beforeEach(async () => {
      bystander = await connect();
      bystander.send('sub#bystander');
      await subscribed(rig.center.url, 'bystander', 1);
      published = [];
      await publishToBystander('before');
    });

    afterEach(async () => {
      await publishToBystander('after');
      expect(await bystander.received(published.length)).toEqual(published);
      for (const client of clients.splice(0)) client.close();
      await subscribed(rig.center.url, 'bystander', 0);
      expect([rig.edge, rig.center].map(({ process }) => process.isRunning)).toEqual([true, true]);
    });

    async function connect(): Promise<SeedClient> {
      const client = await SeedClient.open(rig.edge.webSocketUrl);
      clients.push(client);
      return client;
    }

    async function publishToBystander(text: string): Promise<void> {
      published.push(text);
      await publish(rig.center.url, 'bystander', text);
    }

    describe('seed protocol', () => {
      const COMMAND_HELP =
        'error#107#bad request: a command must be sub#CHANNEL|CHANNEL or unsub#CHANNEL|CHANNEL';

      test.each([
        ['an unknown command', 'hello', COMMAND_HELP],
        ['an empty frame', '', COMMAND_HELP],
        ['a command without channels', 'sub#', 'error#107#bad request: a channel name is empty'],
        [
          'an odd channel name',
          'sub#ok|not ok',
          'error#107#bad request: channel name "not ok" has a character other than letters, digits and _-.:@/+=~$&,;#',
        ],
        [
          'a channel name too long',
          `sub#${'n'.repeat(256)}`,
          'error#107#bad request: a channel name has 256 characters, 255 are allowed',
        ],
        [
          'a command too long',
          `sub#${'n|'.repeat(10_000)}`,
          'error#106#limit exceeded: a command has 20004 characters, 8192 are allowed',
        ],
        [
          'too many channels',
          `sub#${Array.from({ length: 129 }, (_, i) => i).join('|')}`,
          'error#106#limit exceeded: a connection may have at most 128 channels',
        ],
      ])('%s is answered with its error, and the connection works on', async (_, frame, answer) => {
        const client = await connect();
        client.send(frame);
        expect(await client.received(1)).toEqual([answer]);
        client.send('sub#ok');
        await subscribed(rig.center.url, 'ok', 1);
        await publish(rig.center.url, 'ok', 'still here');
        expect(await client.received(2)).toEqual([answer, 'still here']);
      });

      test('a binary frame is answered with its error', async () => {
        const client = await connect();
        client.send(Buffer.from([0, 159, 146, 150]), { binary: true });
        expect(await client.received(1)).toEqual([
          'error#107#bad request: this protocol has no binary frames',
        ]);
      });

      test('invalid UTF-8 closes the connection, as RFC 6455 has it', async () => {
        const client = await connect();
        client.send(Buffer.from([0x73, 0x75, 0x62, 0x23, 0xff]));
        expect([1006, 1007]).toContain(await client.closed());
      });

      test('a frame over the limit closes the connection with 1009', async () => {
        const client = await connect();
        client.send('x'.repeat(1_300_000));
        expect(await client.closed()).toBe(1009);
      });

      test('continued abuse is closed with 3509', async () => {
        const client = await connect();
        for (let i = 0; i < 25; i++) client.send('nonsense');
        expect(await client.closed()).toBe(3509);
        expect(client.frames).toHaveLength(20);
      });

      test('a frame cut in the middle is forgotten with its connection', async () => {
        const socket = await RawSocket.open(rig.edge.port);
        socket.send(upgradeRequest('/ws'));
        await socket.receives('101 Switching Protocols');
        socket.send(Buffer.from([0x81, 0x8a, 1, 2, 3, 4, 0x72]));
        socket.cut();
        await socket.closed();
        expect(socket.received.endsWith('\r\n\r\n')).toBe(true);
      });
    });

    describe('HTTP API', () => {
      const longName = 'n'.repeat(256);

      test.each([
        ['no JSON', '{', 'the body is not valid JSON'],
        ['an empty body', '', 'the body is not valid JSON'],
        ['an array', '[]', 'the body must be an object'],
        ['no channel', { data: 1 }, 'channel is missing'],
        ['no data', { channel: 'a' }, 'data is missing'],
        ['a channel that is no string', { channel: 7, data: 1 }, 'channel must be a string'],
        ['an unknown field', { channel: 'a', data: 1, dat: 2 }, 'unknown field dat'],
        ['an empty channel', { channel: '', data: 1 }, 'a channel name is empty'],
        [
          'a channel too long',
          { channel: longName, data: 1 },
          'a channel name has 256 characters, 255 are allowed',
        ],
        [
          'an odd channel',
          { channel: 'a\nb', data: 1 },
          'channel name "a\\nb" has a character other than letters, digits and _-.:@/+=~$&,;#',
        ],
        [
          'an idempotency key too long',
          { channel: 'a', data: 1, idempotency_key: 'k'.repeat(257) },
          'idempotency_key has more than 256 characters',
        ],
      ])('%s is a bad request', async (_, body, detail) => {
        expect(await callApi(rig.center.url, 'publish', body)).toEqual({
          error: { code: 107, message: `bad request: ${detail}` },
        });
      });

      test('data over the limit is refused with 106', async () => {
        const answer = await callApi(rig.center.url, 'publish', {
          channel: 'a',
          data: 'x'.repeat(65_535),
        });
        expect(answer).toEqual({
          error: {
            code: 106,
            message: 'limit exceeded: data has 65537 bytes as JSON, 65536 are allowed',
          },
        });
      });

      test('a body over the limit is answered 413', async () => {
        const response = await fetch(`${rig.center.url}/api/publish`, {
          method: 'POST',
          body: 'x'.repeat(500_000),
        });
        expect(response.status).toBe(413);
        expect(await response.json()).toEqual({
          error: { code: 106, message: 'limit exceeded: a body may have at most 425984 bytes' },
        });
      });

      test('invalid UTF-8 is answered 400', async () => {
        const socket = await RawSocket.open(rig.center.port);
        const body = Buffer.concat([
          Buffer.from('{"channel":"a","data":"'),
          Buffer.from([0xff]),
          Buffer.from('"}'),
        ]);
        socket.send(httpRequest('POST /api/publish', { headers: { 'Content-Length': '26' } }));
        socket.send(body);
        expect(await socket.receives('}}')).toMatch(
          /^HTTP\/1.1 400 .*the body is not valid UTF-8/s,
        );
        socket.cut();
      });

      test('data nested thirty thousand deep is published as it is', async () => {
        const deep = '['.repeat(30_000) + ']'.repeat(30_000);
        const client = await connect();
        client.send('sub#deep');
        await subscribed(rig.center.url, 'deep', 1);
        await callApi(rig.center.url, 'publish', `{"channel":"deep","data":${deep}}`);
        expect(await client.received(1)).toEqual([deep]);
      });

      test.each([
        ['GET', '/api/publish', 405, 'bad request: /api/publish accepts only POST', 'POST'],
        ['PUT', '/api/channels', 405, 'bad request: /api/channels accepts only POST', 'POST'],
        ['POST', '/readyz', 405, 'bad request: /readyz accepts only GET, HEAD', 'GET, HEAD'],
        ['POST', '/ws', 405, 'bad request: /ws accepts only GET, HEAD', 'GET, HEAD'],
        ['POST', '/api/nothing', 404, 'method not found: unknown path /api/nothing', null],
        ['GET', '/nothing', 404, 'method not found: unknown path /nothing', null],
        ['GET', '/ws', 426, 'bad request: /ws accepts only WebSocket connections', null],
      ])('%s %s is answered %i', async (method, path, status, message, allow) => {
        const { url } = path === '/ws' ? rig.edge : rig.center;
        const response = await fetch(url + path, { method });
        expect(response.status).toBe(status);
        expect(response.headers.get('allow')).toBe(allow);
        expect(await response.json()).toEqual({ error: { code: expect.any(Number), message } });
      });

      test.each([
        ['in its headers', 'POST /api/publish HTTP/1.1\r\nHost: loc'],
        ['in its body', httpRequest('POST /api/publish', { body: '{"chan' }).replace('6', '60')],
      ])('a request cut %s is forgotten', async (_, start) => {
        const socket = await RawSocket.open(rig.center.port);
        socket.send(start);
        socket.cut();
        await socket.closed();
        expect(socket.received).toBe('');
      });

      test('a request that is not HTTP is refused and closed', async () => {
        const socket = await RawSocket.open(rig.center.port);
        socket.send('\x16\x03\x01 this is no request\r\n\r\n');
        await socket.closed();
        expect(socket.received).toMatch(/^HTTP\/1.1 (400|505)/);
      });
    });
  });
}
