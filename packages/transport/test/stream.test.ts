import { collectGarbage, httpRequest, until } from '@newswire/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { ChunkReader, CountedFraming, type Opened, StreamRig } from './stream-rig.js';

const GET = httpRequest('GET /get?hello');

let rig: StreamRig;
const readers: ChunkReader[] = [];

function read(request = GET): ChunkReader {
  const reader = new ChunkReader(rig.port, request);
  readers.push(reader);
  return reader;
}

afterEach(async () => {
  for (const { socket } of readers.splice(0)) socket.destroy();
  await rig.stop();
});

/** Sends numbered frames for as long as fewer than `limit` bytes are unsent, as a catch-up does. */
function pump({ connection, listener }: Opened, count: number, size: number, limit: number) {
  const state = { sent: 0, most: 0 };
  const padding = 'x'.repeat(size);
  const go = () => {
    while (state.sent < count && connection.bufferedBytes() <= limit) {
      connection.send(`${state.sent++} ${padding}`);
      state.most = Math.max(state.most, connection.bufferedBytes());
    }
  };
  listener.onDrain = go;
  go();
  return state;
}

/** So many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

const numbers = (lines: readonly string[]) => lines.map((line) => Number.parseInt(line, 10));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('a connection in the answer to a request', () => {
  test('begins with the request, and says that nothing may hold it back', async () => {
    rig = await StreamRig.start();
    const reader = read();
    const { connection, listener, origin } = await rig.connection();
    expect(listener.texts).toEqual(['hello']);
    expect(origin).toEqual({ address: '127.0.0.1', transport: 'plain_sse', headers: {} });
    connection.send('one', 'two');
    connection.send('three');
    await reader.receives('three\n');
    expect(reader.text).toBe('one\ntwo\nthree\n');
    expect(reader.head).toMatch(/^HTTP\/1.1 200 OK/);
    expect(reader.head).toMatch(/Content-Type: text\/plain/);
    expect(reader.head).toMatch(/Cache-Control: no-store/);
    expect(reader.head).toMatch(/X-Accel-Buffering: no/);
    expect([connection.bufferedBytes(), connection.hasCloseCodes]).toEqual([0, false]);
    expect(listener.signsOfLife).toBeGreaterThan(0);
  });

  test('may come with a body', async () => {
    rig = await StreamRig.start();
    const body = 'b'.repeat(90_000);
    const reader = read(httpRequest('POST /post', { body }));
    const { connection, listener, origin } = await rig.connection();
    expect(listener.texts).toEqual([body]);
    expect(origin.transport).toBe('http_stream');
    connection.send('one');
    await reader.receives('one');
    const refused = await fetch(`${rig.url}/post`, { method: 'POST', body: 'b'.repeat(100_001) });
    expect(refused.status).toBe(413);
  });

  test('may come with bytes, if the body says that it has them', async () => {
    rig = await StreamRig.start();
    const bytes = Buffer.from([0xff, 0, 0x0a]);
    const post = async (type: string) => {
      const headers = { 'Content-Type': type };
      return fetch(`${rig.url}/post`, { method: 'POST', headers, body: bytes });
    };
    const [, text] = await Promise.all([
      post('Application/Octet-Stream; v=1'),
      post('application/octet-streams'),
      rig.connection().then(({ connection }) => connection.send(bytes)),
    ]);
    expect(rig.requests).toEqual([{ query: '', headers: { authorization: '' }, body: '', bytes }]);
    expect(text.status).toBe(400);
  });

  test('gets what is published on the topics that it has joined, framed once for all', async () => {
    rig = await StreamRig.start();
    const [a, b, c] = [read(), read(), read()];
    await rig.connection(2);
    for (const { connection } of rig.opened) connection.join('t');
    rig.at(1).connection.leave('t');
    rig.server.publish('t', 'news');
    rig.server.publish('other', 'nothing');
    rig.at(1).connection.send('end');
    await Promise.all([a.receives('news\n'), c.receives('news\n'), b.receives('end\n')]);
    expect(rig.framing.count).toBe(2); // of them one for `end`
    expect(b.text).toBe('end\n');
  });

  test('is framed by itself where framings differ', async () => {
    rig = await StreamRig.start();
    const framings: CountedFraming[] = [];
    rig.newFraming = () => {
      const framing = new CountedFraming(false);
      framings.push(framing);
      return framing;
    };
    const [a, b] = [read(), read()];
    await rig.connection(1);
    for (const { connection } of rig.opened) connection.join('t');
    rig.server.publish('t', 'news');
    await Promise.all([a.receives('news\n'), b.receives('news\n')]);
    expect(framings.map(({ count }) => count)).toEqual([1, 1]);
  });

  test('that is closed gets what was sent before, and its client may ask again', async () => {
    rig = await StreamRig.start();
    const reader = read();
    const { connection, listener } = await rig.connection();
    connection.join('t');
    connection.send('last words');
    connection.close(3001, 'shutdown');
    expect(listener.closes).toEqual([3001]);
    connection.send('unheard');
    rig.server.publish('t', 'unheard');
    connection.close(3000, 'again');
    await until('the end', () => reader.hasEnded);
    expect([reader.text, reader.isClosed, listener.closes]).toEqual([
      'last words\n',
      false,
      [3001],
    ]);
  });

  test('that is closed before anything was sent is an error, and so is one refused', async () => {
    rig = await StreamRig.start();
    const answer = fetch(`${rig.url}/get`);
    const { connection } = await rig.connection();
    connection.close(3001, 'shutdown');
    expect((await answer).status).toBe(503);
    expect(await (await answer).json()).toMatchObject({ error: { code: 100 } });
    expect((await fetch(`${rig.url}/get?refuse`)).status).toBe(404);
    expect(rig.opened).toHaveLength(1);
  });

  test('whose client goes away is over', async () => {
    rig = await StreamRig.start();
    const reader = read();
    const { connection, listener } = await rig.connection();
    connection.join('t');
    reader.socket.destroy();
    await until('its end', () => listener.closes.length > 0);
    expect(listener.closes).toEqual([1006]);
    rig.server.publish('t', 'unheard');
    connection.send('unheard');
    expect([rig.framing.count, connection.bufferedBytes()]).toEqual([1, 0]);
  });

  test.each([
    ['small frames', 100, 100_000],
    ['frames of the size of a piece', 65_000, 400],
    ['large frames', 1_000_000, 30],
  ])('gives a slow reader all %s in order, and keeps little', async (_, size, count) => {
    rig = await StreamRig.start();
    const reader = read();
    const { connection } = await rig.connection();
    reader.socket.pause();
    const limit = 65_536;
    const pumped = pump(rig.at(0), count, size, limit);
    await turns(300);
    expect(connection.bufferedBytes()).toBeGreaterThan(0);
    expect(pumped.sent).toBeLessThan(count);
    for (let i = 0; i < 20; i++) {
      reader.socket.resume();
      await turns(1);
      reader.socket.pause();
    }
    reader.socket.resume();
    await until('all of it', () => reader.bytes >= count * size && pumped.sent === count);
    await until('nothing unsent', () => connection.bufferedBytes() === 0);
    await reader.receives(`${count - 1} `);
    expect(numbers(reader.lines)).toEqual(upTo(count));
    expect(pumped.most).toBeLessThan(limit + 3 * size + 65_536);
  });

  test('sends the last of it too where the socket took only a part at first', async () => {
    rig = await StreamRig.start();
    const reader = read();
    const { connection } = await rig.connection();
    reader.socket.pause();
    let sent = 0;
    while (connection.bufferedBytes() === 0) {
      connection.send('x'.repeat(65_000));
      sent += 65_001;
      await turns(2);
    }
    reader.socket.resume();
    await until('all of it', () => reader.bytes === sent);
    expect(connection.bufferedBytes()).toBe(0);
  });

  test('that ends while its reader is slow still brings what was sent', async () => {
    rig = await StreamRig.start();
    const reader = read();
    const { connection } = await rig.connection();
    reader.socket.pause();
    const size = 10_000;
    pump(rig.at(0), Infinity, size, 262_144);
    await until('the socket to be full', () => connection.bufferedBytes() > 262_144);
    connection.close(3001, 'shutdown');
    reader.socket.resume();
    await until('the end', () => reader.hasEnded);
    expect(numbers(reader.lines)).toEqual(upTo(reader.lines.length));
    expect(reader.lines.length).toBeGreaterThan(20);
  });

  test('is closed when its reader stalls, and its memory is freed', async () => {
    rig = await StreamRig.start({ stallMs: 300 });
    const reader = read();
    reader.socket.pause();
    const { listener, connection } = await rig.connection();
    connection.join('t');
    const frames = Array.from({ length: 40 }, () => 'y'.repeat(1_000_000));
    connection.send(...frames);
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    expect(before).toBeGreaterThan(20_000_000);
    await until('its end', () => listener.closes.length > 0);
    expect(listener.closes).toEqual([3008]);
    expect(connection.bufferedBytes()).toBe(0);
    rig.opened.length = 0;
    await until('its memory to be free', () => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers < before - 20_000_000;
    });
    await until('the socket to close', () => {
      reader.socket.resume();
      return reader.isClosed;
    });
  });

  test('one that reads slowly but steadily does not count as stalled', async () => {
    rig = await StreamRig.start({ stallMs: 400 });
    const reader = read();
    const { connection, listener } = await rig.connection();
    const count = 60;
    pump(rig.at(0), count, 1_000_000, 65_536);
    reader.socket.on('data', () => {
      reader.socket.pause();
      setTimeout(() => reader.socket.resume(), 1);
    });
    await until('all of it', () => reader.bytes >= count * 1_000_000);
    expect([listener.closes, connection.bufferedBytes()]).toEqual([[], 0]);
  });
});
