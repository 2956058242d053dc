import { SeedClient, until } from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { PROTOCOLS } from '../src/protocols/registry.js';
import { NO_EVENTS } from '../src/edge-events.js';
import { EdgeInProcess } from './rig/edge-in-process.js';
import { encodeToyMessage, readToyMessages, readToyPublication, toy } from './rig/toy-protocol.js';

/** A client of the protocol on a real WebSocket. */
class ToyClient {
  readonly #socket: WebSocket;
  /** The number of messages in each binary frame; -1 for a text frame. */
  readonly frames: number[] = [];
  readonly offsets: number[] = [];
  readonly others: string[] = [];
  closeCode: number | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (bytes: Buffer, isBinary) => {
      if (!isBinary) return void this.frames.push(-1);
      const messages = readToyMessages(bytes);
      this.frames.push(messages.length);
      for (const message of messages) {
        const { kind, content } = message;
        if (kind === 'publication') this.offsets.push(readToyPublication(message).offset);
        else this.others.push(`${kind} ${content.toString('utf8')}`);
      }
    });
    socket.on('close', (code) => (this.closeCode = code));
  }

  static async open(url: string): Promise<ToyClient> {
    const socket = new WebSocket(url);
    const client = new ToyClient(socket);
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    return client;
  }

  send(frame: Uint8Array | string): void {
    this.#socket.send(frame);
  }

  async subscribe(channel: string): Promise<void> {
    this.send(encodeToyMessage('subscribe', channel));
    await until('its reply', () => this.others.includes(`subscribed ${channel}`));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.terminate();
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('a binary protocol that is only in the registry', () => {
  let edge: EdgeInProcess;
  let slowSessions = 0;
  const clients: { close(): unknown }[] = [];

  beforeAll(async () => {
    edge = await EdgeInProcess.start(
      {},
      {
        protocols: [...PROTOCOLS, toy],
        settings: { NEWSWIRE_MAX_BUFFERED_BYTES: '100000', NEWSWIRE_MAX_LAG_BYTES: '100000000' },
        events: { ...NO_EVENTS, onSlow: () => slowSessions++ },
      },
    );
  });
  afterAll(() => edge.stop());
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  async function open(channel: string): Promise<ToyClient> {
    const client = await ToyClient.open(`ws://127.0.0.1:${edge.port}/toy`);
    clients.push(client);
    await client.subscribe(channel);
    return client;
  }

  async function publish(channel: string, count: number, text = ''): Promise<void> {
    for (let i = 1; i <= count; i++) {
      await edge.broker.publish(channel, JSON.stringify(`${i} ${text}`));
    }
  }

  test('has publications as binary frames in order, several of a tick in one', async () => {
    const [one, other] = [await open('news'), await open('news')];
    const seed = await SeedClient.open(`ws://127.0.0.1:${edge.port}/ws`);
    clients.push(seed);
    seed.send('sub#news');
    seed.send('?');
    await until('a refusal, after the subscription', () => seed.frames.length === 1);
    await publish('news', 50);
    await until('all 50', () => [one, other].every(({ offsets }) => offsets.length === 50));
    for (const client of [one, other]) {
      expect(client.offsets).toEqual(upTo(50));
      expect(client.frames).not.toContain(-1);
      expect(Math.max(...client.frames)).toBeGreaterThan(1);
    }
    await until('all 50 in the seed protocol', () => seed.frames.length === 51);
    expect(seed.frames[50]).toBe('50 ');
  });

  test('serves a lagging session in order from the log, in binary frames', async () => {
    const [lagging, quick] = [await open('large'), await open('large')];
    lagging.pause();
    const count = 400;
    await publish('large', count, 'x'.repeat(50_000));
    await until('the quick one', () => quick.offsets.length === count);
    expect(slowSessions).toBe(1);
    expect(lagging.offsets.length).toBeLessThan(count);
    lagging.resume();
    await until('the lagging one', () => lagging.offsets.length === count);
    expect(lagging.offsets).toEqual(upTo(count));
    expect(lagging.frames).not.toContain(-1);
    await publish('large', 1);
    await until('the live flow', () => lagging.offsets.length === count + 1);
  });

  test('refuses what its codec refuses, and closes by its strategy', async () => {
    const client = await open('quiet');
    const refusals = () => client.others.filter((text) => text.startsWith('error')).length;
    client.send('text');
    await until('a refusal', () => refusals() === 1);
    client.send(Buffer.from([0, 0]));
    await until('another', () => refusals() === 2);
    expect(client.closeCode).toBeUndefined();
    client.send(encodeToyMessage('subscribe', 'no good'));
    await until('the end', () => client.closeCode !== undefined);
    expect([client.closeCode, refusals()]).toEqual([3509, 3]);
  });
});
