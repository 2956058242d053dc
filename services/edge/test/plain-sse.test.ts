import { ProtocolError } from '@newswire/protocol';
import { missingPrograms, SseClient, until } from '@newswire/testkit';
import { EventSource } from 'eventsource';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AccessClosedError } from '../src/access/access.js';
import { TwoEdges } from './rig/two-edges.js';

const missing = missingPrograms('nginx');

const upTo = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const texts = (from: number, to: number) => upTo(from, to).map(String);

describe.skipIf(missing.length > 0)('plain SSE, through nginx (needs it)', () => {
  let rig: TwoEdges;
  const clients: SseClient[] = [];
  const sources: EventSource[] = [];

  beforeAll(async () => {
    rig = await TwoEdges.start();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.cut();
    for (const source of sources.splice(0)) source.close();
    await until('all to be gone', async () => (await rig.sessions()).every((n) => n === 0));
  });
  afterAll(() => rig.stop());

  async function listen(path: string, headers: Record<string, string> = {}): Promise<SseClient> {
    const client = new SseClient(`${rig.url}${path}`, headers);
    clients.push(client);
    expect(await client.open()).toBe(200);
    await client.begun();
    return client;
  }

  async function refused(path: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${rig.url}${path}`, { headers });
    const { error } = (await response.json()) as { error: { code: number } };
    return [response.status, error.code];
  }

  test('an item is an event by the name of its channel', async () => {
    const client = await listen('/sse?channels=77707|77708');
    await rig.publish('77707', 'plain\nand\r\nmore');
    await rig.publish('77708', { a: [1, null] });
    await rig.publish('77707', '');
    expect(await client.received('77707', 2)).toEqual(['plain\nand\nmore', '']);
    expect(await client.received('77708', 1)).toEqual(['{"a":[1,null]}']);
    expect(client.events.at(-1)?.id).toMatch(/^77707,2,\S+\|77708,1,\S+$/);
  });

  test('heartbeats are comments, and keep the connection', async () => {
    const client = await listen('/sse?channels=quiet');
    await until('heartbeats', () => client.comments >= 3);
    expect([client.hasEnded, client.items('quiet')]).toEqual([false, []]);
  });

  test('EventSource has everything once and in order, however often it is cut off', async () => {
    const source = new EventSource(`${rig.url}/sse?channels=es-a|es-b`);
    sources.push(source);
    const heard = { 'es-a': [] as string[], 'es-b': [] as string[], gap: [] as string[] };
    let begun = 0;
    source.addEventListener('subscribed', () => begun++);
    for (const [name, list] of Object.entries(heard)) {
      source.addEventListener(name, ({ data }) => list.push(String(data)));
    }
    await until('the beginning', () => begun === 1);
    for (let times = 0; times < 3; times++) {
      // The first time it is cut before anything was published.
      rig.cut();
      await rig.publishAll('es-a', upTo(times * 10 + 1, times * 10 + 10));
      await rig.publishAll('es-b', upTo(times * 5 + 1, times * 5 + 5));
      await until('it to be back', () => begun === times + 2);
      await rig.publish('es-a', `end ${times}`);
      await until('all', () => heard['es-a'].includes(`end ${times}`));
    }
    const all = [0, 1, 2].flatMap((n) => [...texts(n * 10 + 1, n * 10 + 10), `end ${n}`]);
    expect(heard).toEqual({ 'es-a': all, 'es-b': texts(1, 15), gap: [] });
  });

  test('nothing is lost or doubled by cuts at any time, on whichever edge one comes back', async () => {
    const client = await listen('/sse?channels=cut-a|cut-b');
    const state = { isDone: false };
    const cutting = (async () => {
      while (!state.isDone) {
        const before = client.events.length;
        await until('some more', () => state.isDone || client.events.length > before + 3);
        client.cut();
        await until('the end', () => client.hasEnded);
        await client.open();
      }
    })();
    let last = 0;
    while (last < 300 || client.statuses.length < 8) {
      // Never further ahead than the logs reach back: that would be a gap.
      await until('the client to follow', () => last - client.events.length < 500);
      await rig.publish(++last % 3 === 0 ? 'cut-b' : 'cut-a', last);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const inA = upTo(1, last).filter((i) => i % 3 !== 0);
    const inB = upTo(1, last).filter((i) => i % 3 === 0);
    await client.received('cut-a', inA.length);
    await client.received('cut-b', inB.length);
    state.isDone = true;
    await cutting;
    expect(client.items('cut-a')).toEqual(inA.map(String));
    expect(client.items('cut-b')).toEqual(inB.map(String));
    expect(client.items('gap')).toEqual([]);
  });

  test('publications missing for good are reported as a gap, and the stream continues', async () => {
    const client = await listen('/sse?channels=gap-a|gap-b');
    await rig.publishAll('gap-a', upTo(1, 3));
    await client.received('gap-a', 3);
    client.cut();
    await rig.publishAll('gap-a', upTo(4, 6));
    await rig.publish('gap-b', 'kept');
    await rig.broker.memory.removeHistory('gap-a');
    await client.open();
    await client.begun(2);
    await rig.publish('gap-a', 7);
    expect(await client.received('gap-a', 4)).toEqual(['1', '2', '3', '7']);
    expect([client.items('gap'), client.items('gap-b')]).toEqual([['gap-a'], ['kept']]);
  });

  test('an id may stand in the address; the header counts', async () => {
    await rig.publishAll('id', upTo(1, 5));
    const { epoch } = await rig.publish('id', 6);
    const late = await listen(`/sse?channels=id&last_event_id=id,2,${epoch}`);
    expect(await late.received('id', 4)).toEqual(texts(3, 6));
    const header = { 'Last-Event-ID': `id,4,${epoch}` };
    const both = await listen(`/sse?channels=id&last_event_id=id,2,${epoch}`, header);
    expect(await both.received('id', 2)).toEqual(texts(5, 6));
  });

  test('a bad request is answered with an HTTP status', async () => {
    expect(await refused('/sse')).toEqual([400, 107]);
    expect(await refused('/sse?channels=no%20good')).toEqual([400, 107]);
    expect(await refused('/sse?channels=gap')).toEqual([400, 107]);
    expect(await refused('/sse?channels=a', { 'Last-Event-ID': 'nonsense' })).toEqual([400, 107]);
    const many = upTo(1, 60).map((i) => `${'n'.repeat(60)}${i}`);
    expect(await refused(`/sse?channels=${many.join('|')}`)).toEqual([400, 106]);
    const tooMany = upTo(1, 129).join('|');
    expect(await refused(`/sse?channels=${tooMany}`)).toEqual([400, 106]);
    expect(await refused('/sse?channels=a', { Origin: 'https://evil.example' })).toEqual([
      403, 103,
    ]);
    expect(await refused('/connection/sse')).toEqual([400, 107]);
  });

  test('a token of 8 KiB comes through, in the address or in a header', async () => {
    const token = 't'.repeat(8192);
    await listen(`/sse?channels=token&token=${token}`);
    await listen('/sse?channels=token', { Authorization: `Bearer ${token}` });
    expect(rig.visitors.slice(-2).map((visitor) => visitor.token)).toEqual([token, token]);
  });

  test.each([
    ['a bad token', AccessClosedError.of('invalidToken'), [401, 101]],
    ['an expired one', new ProtocolError('tokenExpired'), [401, 109]],
    ['nobody’s right', new ProtocolError('permissionDenied'), [403, 103]],
  ])('%s is an HTTP status', async (_, refusal, answer) => {
    rig.refusal = refusal;
    expect(await refused('/sse?channels=a&token=secret')).toEqual(answer);
    rig.refusal = undefined;
  });
});
