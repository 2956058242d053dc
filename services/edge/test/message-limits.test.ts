import { publish, until } from '@newswire/testkit';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { CodeEdge } from './rig/code-edge.js';
import { SECRET, sign } from './rig/access-rig.js';

const MAX_BYTES = 1_048_576;

interface Line {
  readonly id?: number;
  readonly connect?: { readonly subs?: Record<string, Started> };
  readonly subscribe?: Started;
  readonly history?: { readonly publications: readonly Pub[] };
  readonly push?: { readonly channel: string; readonly pub?: Pub };
}
interface Started {
  readonly recovered?: boolean;
  readonly publications?: readonly Pub[];
}
interface Pub {
  readonly offset: number;
}

/** A socket that counts the bytes of each message as they come over the wire. */
class CountingClient {
  readonly lines: Line[] = [];
  readonly lengths: number[] = [];
  readonly #socket: WebSocket;

  constructor(edge: CodeEdge) {
    this.#socket = new WebSocket(`${edge.url.replace('http', 'ws')}/connection/websocket`);
    this.#socket.on('message', (data: Buffer) => {
      this.lengths.push(data.length);
      for (const line of data.toString().split('\n')) this.lines.push(JSON.parse(line) as Line);
    });
    onTestFinished(() => this.#socket.terminate());
  }

  async send(...commands: readonly object[]): Promise<void> {
    await until('the connection', () => this.#socket.readyState === WebSocket.OPEN);
    this.#socket.send(commands.map((command) => JSON.stringify(command)).join('\n'));
  }

  answer(id: number): Promise<Line> {
    return until(`answer ${id}`, () => this.lines.find((line) => line.id === id));
  }

  /** Resolves with the offsets of all publications of the channel once there are so many. */
  async offsets(channel: string, count: number): Promise<number[]> {
    return until(`${count} publications of ${channel}`, () => {
      const offsets = this.lines.flatMap((line) => readOffsets(line, channel));
      return offsets.length >= count ? offsets : undefined;
    });
  }

  get mostBytes(): number {
    return Math.max(...this.lengths);
  }
}

function readOffsets({ connect, subscribe, push }: Line, channel: string): number[] {
  const started = connect?.subs?.[channel]?.publications ?? subscribe?.publications ?? [];
  const pushed = push?.channel === channel && push.pub ? [push.pub] : [];
  return [...started, ...pushed].map(({ offset }) => offset);
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('no message has more than 1 MiB', () => {
  let edge: CodeEdge;

  async function start(settings: Record<string, string | number> = {}): Promise<void> {
    edge = await CodeEdge.start({ settings });
  }
  beforeEach(() => () => edge.stop());

  async function publishAll(channel: string, count: number, data: unknown) {
    for (let i = 0; i < count; i++) await publish(edge.url, channel, data);
  }

  test('when ten histories are asked for at once, and they are all there', async () => {
    await start();
    await publishAll('a', 15, 'ü'.repeat(30_000));
    const client = new CountingClient(edge);
    const histories = upTo(10).map((n) => ({ id: n + 1, history: { channel: 'a', limit: -1 } }));
    await client.send({ id: 1, connect: {} }, ...histories);
    await client.answer(11);
    expect(client.mostBytes).toBeLessThanOrEqual(MAX_BYTES);
    for (const line of client.lines.slice(1)) expect(line.history?.publications).toHaveLength(15);
  });

  test('when many small publications come at once', async () => {
    await start({ RING_SIZE: 100_000 });
    const client = new CountingClient(edge);
    await client.send({ id: 1, connect: {} }, { id: 2, subscribe: { channel: 'a' } });
    await client.answer(2);
    for (let i = 0; i < 40_000; i++) void edge.broker.publish('a', '1');
    expect(await client.offsets('a', 40_000)).toEqual(upTo(40_000));
    expect(client.mostBytes).toBeLessThanOrEqual(MAX_BYTES);
    expect(client.mostBytes).toBeGreaterThan(MAX_BYTES / 2);
  });

  test('when a client comes back to forty channels that the server subscribes it to', async () => {
    const channels = upTo(40).map((n) => `c${n}`);
    await start({ TOKEN_HMAC_SECRET: SECRET });
    const token = await sign({ sub: 'ann', channels });
    const first = new CountingClient(edge);
    await first.send({ id: 1, connect: { token } });
    const { connect } = await first.answer(1);
    for (const channel of channels) await publishAll(channel, 2, 'x'.repeat(30_000));
    const again = new CountingClient(edge);
    const subs: Record<string, object> = {};
    for (const [channel, started] of Object.entries(connect?.subs ?? {})) {
      subs[channel] = { ...started, recover: true, offset: 0 };
    }
    await again.send({ id: 1, connect: { token, subs } });
    for (const channel of channels) expect(await again.offsets(channel, 2)).toEqual([1, 2]);
    expect(again.mostBytes).toBeLessThanOrEqual(MAX_BYTES);
    const started = Object.values((await again.answer(1)).connect?.subs ?? {});
    expect(started).toHaveLength(40);
    expect(started.every(({ recovered }) => recovered)).toBe(true);
  });
});

test('contradictory limits end the start with a sentence each', async () => {
  const settings = { MAX_DATA_BYTES: 1_000_000, MAX_FRAME_BYTES: 65_536 };
  await expect(CodeEdge.start({ settings })).rejects.toThrow(
    /NEWSWIRE_MAX_FRAME_BYTES must be at least.*\n.*NEWSWIRE_MAX_MESSAGE_BYTES must be at least/,
  );
});
