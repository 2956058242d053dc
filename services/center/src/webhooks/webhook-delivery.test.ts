import { EventTable } from '@newswire/broker';
import { until } from '@newswire/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { WebhookDelivery } from './webhook-delivery.js';

async function rig() {
  const queue = new EventTable();
  const bodies: string[] = [];
  const refusals: unknown[] = [];
  const state = { isConsumer: true, refuses: false };
  let inFlight = 0;
  let number = 0;
  const delivery = new WebhookDelivery({
    queue,
    name: 'q',
    format: (events) => (events.length > 0 ? events.map(({ text }) => text).join() : undefined),
    sender: {
      send: async (body) => {
        expect(++inFlight).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        inFlight--;
        if (state.refuses) throw new Error('no');
        bodies.push(body);
      },
    },
    isConsumer: () => state.isConsumer,
    onDelivered: () => undefined,
    onRefused: (error) => refusals.push(error),
    onQueueFailure: () => undefined,
    backoff: { minMs: 2, maxMs: 4 },
  });
  onTestFinished(() => delivery.stop());
  const add = (...texts: string[]) =>
    queue.write({
      edge: 'e',
      number: ++number,
      isFirst: true,
      operations: texts.map((text) => ['e', text, 'q']),
    });
  const waiting = async () => (await queue.read('q', 1)).length;
  return { add, bodies, refusals, state, waiting, delivery };
}

test('events are delivered in order, at most 256 in a request, one request at a time', async () => {
  const { add, bodies, waiting } = await rig();
  const texts = Array.from({ length: 600 }, (_, i) => String(i));
  await add(...texts);
  await until('all', async () => (await waiting()) === 0);
  expect(bodies.join().split(',')).toEqual(texts);
  expect(bodies.map((body) => body.split(',').length)).toEqual([256, 256, 88]);
});

test('a refused request is repeated, and nothing overtakes it', async () => {
  const { add, bodies, refusals, state, waiting } = await rig();
  state.refuses = true;
  await add('1');
  await until('refusals', () => refusals.length > 3);
  await add('2');
  expect(await waiting()).toBe(2);
  state.refuses = false;
  await until('all', async () => (await waiting()) === 0);
  expect(bodies.join()).toBe('1,2');
});

test('only the consumer delivers, and a stopped delivery leaves its events in the queue', async () => {
  const { add, bodies, state, waiting, delivery } = await rig();
  state.isConsumer = false;
  await add('1');
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(bodies).toEqual([]);
  state.isConsumer = true;
  await until('the first', () => bodies.length === 1);
  state.refuses = true;
  await add('2');
  await delivery.stop();
  expect(await waiting()).toBe(1);
});
