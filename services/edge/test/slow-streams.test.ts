import { request, type IncomingMessage } from 'node:http';
import { SseReader, until } from '@newswire/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { TwoEdges } from './rig/two-edges.js';

/** 20 MB together: more than the kernel's socket buffers take. */
const COUNT = 400;
const ITEM = 'x'.repeat(50_000);

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A reader that can be paused. */
class Reader {
  readonly response: IncomingMessage;
  text = '';
  hasEnded = false;

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => (this.text += text));
    response.on('close', () => (this.hasEnded = true));
    response.on('error', () => undefined);
  }

  static open(url: string, body?: string): Promise<Reader> {
    return new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const asked = request(url, { method, agent: false }, (response) => {
        resolve(new Reader(response));
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }
}

interface Kind {
  readonly name: string;
  readonly open: (url: string) => Promise<Reader>;
  /** The numbers of the items that have come. */
  readonly numbers: (reader: Reader) => number[];
}

const plain: Kind = {
  name: 'plain SSE',
  open: async (url) => {
    const reader = await Reader.open(`${url}/sse?channels=big`);
    await until('the beginning', () => reader.text.includes('event: subscribed'));
    return reader;
  },
  numbers: ({ text }) => {
    const events = new SseReader();
    events.push(text);
    const items = events.events.filter(({ type }) => type === 'big');
    for (const { data, id } of items) {
      const offset = Number(/^big,(\d+),/.exec(id)?.[1]);
      expect(offset).toBe(Number.parseInt(data, 10) + 1);
    }
    return items.map(({ data }) => Number.parseInt(data, 10));
  },
};

/** Subscribes the session that the stream's first frame names. */
async function subscribe(url: string, reader: Reader): Promise<Reader> {
  await until('the connect reply', () => reader.text.includes('\n'));
  const { connect } = JSON.parse(/^(?:data: ?)?(.*)\n/.exec(reader.text)?.[1] ?? '') as {
    connect: { session: string; node: string };
  };
  const { session, node } = connect;
  const data = '{"id":2,"subscribe":{"channel":"big"}}';
  const body = JSON.stringify({ session, node, data });
  expect((await fetch(`${url}/emulation`, { method: 'POST', body })).status).toBe(204);
  await until('the subscribe reply', () => reader.text.includes('"id":2'));
  return reader;
}

const CONNECT = '{"id":1,"connect":{}}';

const numbersInPushes = ({ text }: Reader) =>
  [...text.matchAll(/"pub":\{"data":"(\d+) /g)].map(([, number]) => Number(number));

const httpStream: Kind = {
  name: 'HTTP streaming',
  open: async (url) => subscribe(url, await Reader.open(`${url}/connection/http_stream`, CONNECT)),
  numbers: numbersInPushes,
};

const sse: Kind = {
  name: "SSE on Centrifuge's protocol",
  open: async (url) => {
    const query = `cf_connect=${encodeURIComponent(CONNECT)}`;
    return subscribe(url, await Reader.open(`${url}/connection/sse?${query}`));
  },
  numbers: numbersInPushes,
};

let rig: TwoEdges;
afterEach(() => rig.stop());

async function metric(name: string): Promise<number> {
  const text = await fetch(`${rig.at(0).url}/metrics`).then((response) => response.text());
  const found = new RegExp(`^newswire_edge_${name} (\\d+)$`, 'm').exec(text.replaceAll('{', ' {'));
  return Number(found?.[1] ?? 0);
}

async function publishAll(): Promise<void> {
  for (const i of upTo(COUNT)) {
    await rig.publish('big', `${i} ${ITEM}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.each([plain, httpStream, sse])('a reader of $name', ({ open, numbers }) => {
  test('that is slow is taken off the live flow, and gets everything in order', async () => {
    rig = await TwoEdges.start(
      { NEWSWIRE_MAX_BUFFERED_BYTES: '100000', NEWSWIRE_PING_INTERVAL_MS: '10000' },
      { stallMs: 20_000 },
      { withNginx: false },
    );
    const url = rig.at(0).url;
    const [slow, quick] = [await open(url), await open(url)];
    slow.response.pause();
    await publishAll();
    await until('the quick one', () => quick.text.length > COUNT * ITEM.length);
    expect([await metric('slow_total'), await metric('catching_up')]).toEqual([1, 1]);
    slow.response.resume();
    await until('the slow one', () => slow.text.length > COUNT * ITEM.length);
    expect(numbers(slow)).toEqual(upTo(COUNT));
    expect(numbers(quick)).toEqual(upTo(COUNT));
    await until('it to be live again', async () => (await metric('catching_up')) === 0);
    await rig.publish('big', 'the next');
    await until('the next', () => slow.text.includes('the next'));
    slow.response.destroy();
    quick.response.destroy();
  });

  test('that stalls is closed', async () => {
    rig = await TwoEdges.start(
      { NEWSWIRE_PING_INTERVAL_MS: '10000' },
      { stallMs: 300 },
      { withNginx: false },
    );
    const reader = await open(rig.at(0).url);
    reader.response.pause();
    await publishAll();
    await until('its end', async () => (await rig.sessions())[0] === 0);
    expect([await metric('closes_total {code="3008"}'), await metric('catching_up')]).toEqual([
      1, 0,
    ]);
    reader.response.resume();
    await until('the cut', () => reader.hasEnded);
    expect(numbers(reader)).toEqual(upTo(numbers(reader).length));
  });
});

test(
  'a reader that stalls is closed, after some seconds, where no time for it is set',
  { timeout: 60_000 },
  async () => {
    // The edge itself neither misses a pong nor thinks the reader too far behind meanwhile.
    const patient = { NEWSWIRE_PING_INTERVAL_MS: '60000' };
    rig = await TwoEdges.start(patient, {}, { withNginx: false });
    const reader = await plain.open(rig.at(0).url);
    reader.response.pause();
    const pausedMs = performance.now();
    await publishAll();
    await until('its end', async () => (await rig.sessions())[0] === 0, 40_000);
    expect(performance.now() - pausedMs).toBeGreaterThan(5000);
    expect(await metric('closes_total {code="3008"}')).toBe(1);
    reader.response.resume();
    await until('the cut', () => reader.hasEnded);
  },
);
