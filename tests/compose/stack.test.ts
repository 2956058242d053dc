import { readFileSync } from 'node:fs';
import {
  callApi,
  publish,
  ROOT,
  SeedClient,
  sessionsOn,
  subscribed,
  TestProcess,
  until,
} from '@newswire/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import {
  compose,
  edgeContainers,
  inspect,
  sh,
  STACK_URL,
  STACK_WEB_SOCKET_URL,
  type EdgeContainer,
} from './compose.js';

// The tests follow one another on one stack, as its days do: up, in use, scaled, hurt, drained.
describe('the Compose stack', () => {
  const clients: SeedClient[] = [];

  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  async function open(count: number): Promise<SeedClient[]> {
    const opened: SeedClient[] = [];
    for (let i = 0; i < count; i++) opened.push(await SeedClient.open(STACK_WEB_SOCKET_URL));
    clients.push(...opened);
    return opened;
  }

  async function listen(count: number, channel: string): Promise<SeedClient[]> {
    const listening = await open(count);
    for (const client of listening) client.send(`sub#${channel}`);
    await subscribed(STACK_URL, channel, count);
    return listening;
  }

  async function makePublish(message: string): Promise<string> {
    return sh('make', '--no-print-directory', 'publish', `MSG=${message}`);
  }

  test('when up --wait returns, a publication is delivered at once', async () => {
    expect((await fetch(`${STACK_URL}/readyz`)).status).toBe(200);
    const [client] = await listen(1, '77707');
    expect(await publish(STACK_URL, '77707', 'first')).toMatchObject({ result: { offset: 1 } });
    expect(await client?.received(1)).toEqual(['first']);
  });

  test("the original program's client receives what make publish sends", async () => {
    const program = `${ROOT}tests/clients/subscriber.py`;
    const python = new TestProcess(
      `${ROOT}.venv/bin/python`,
      [program, 'ws://localhost:9900/ws', '2'],
      process.env,
    );
    await subscribed(STACK_URL, '77708', 1);
    expect(await makePublish('Hello')).toMatch(/^published to 77707: offset \d+/);
    await sh('make', '--no-print-directory', 'publish', 'MSG=World', 'CHANNEL=77708');
    expect(await python.exited).toEqual({ code: 0, signal: null });
    expect(python.stdout).toBe('Hello\nWorld\n');
  });

  test.each([
    `it costs $5 and $HOME, $(date) and \`date\``,
    `"double" and 'single' quotes \\ and a backslash`,
    'two\nlines and emoji 😀🎉',
  ])('make publish MSG=%j arrives as it was typed', async (message) => {
    const [client] = await listen(1, '77707');
    await makePublish(message);
    expect(await client?.received(1)).toEqual([message]);
  });

  test('a plain redis-cli PUBLISH arrives', async () => {
    const [client] = await listen(1, '77707');
    await compose('exec', '-T', 'redis', 'redis-cli', 'PUBLISH', 'news:77707', 'from redis-cli');
    expect(await client?.received(1)).toEqual(['from redis-cli']);
  });

  test('300 clients on all three edges each receive 1,000 publications once, in order', async () => {
    const listening = await listen(300, 'thousand');
    const edges = await edgeContainers();
    expect(edges).toHaveLength(3);
    const spread = await Promise.all(edges.map(sessionsOn));
    for (const sessions of spread) expect(sessions).toBeGreaterThan(50);
    for (let i = 0; i < 1000; i++) await publish(STACK_URL, 'thousand', i);
    const expected = Array.from({ length: 1000 }, (_, i) => String(i));
    for (const client of listening) expect(await client.received(1000, 30_000)).toEqual(expected);
  });

  test('bad input is answered through Nginx too', async () => {
    expect(await callApi(STACK_URL, 'publish', '{')).toMatchObject({ error: { code: 107 } });
    expect(await callApi(STACK_URL, 'publish', { channel: 'a b', data: 1 })).toMatchObject({
      error: { code: 107 },
    });
    const [client] = await open(1);
    client?.send('nonsense');
    expect((await client?.received(1))?.[0]).toMatch(/^error#107#/);
  });

  test('everything runs without root, without capabilities, on a read-only file system, on loopback', async () => {
    const ids = (await compose('ps', '-q')).split('\n');
    expect(ids).toHaveLength(6);
    for (const id of ids) {
      const host = '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.Memory}}';
      expect(await inspect(id, host)).toMatch(/^true \[ALL\] [1-9]\d+$/);
      expect(await inspect(id, '{{.HostConfig.LogConfig.Config}}')).toContain('max-size:10m');
      const pid = await inspect(id, '{{.State.Pid}}');
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      expect(status).not.toMatch(/^Uid:\s+0\s/m);
      expect(status).toMatch(/^CapEff:\s+0+$/m);
      const bound = await inspect(id, '{{json .NetworkSettings.Ports}}');
      expect(bound).not.toContain('"0.0.0.0"');
    }
  });

  test('publishers get errors while Redis is away, and results when it is back', async () => {
    const [client] = await listen(1, 'outage');
    // Center has to know of the channel to prove that Redis has kept all of it.
    await publish(STACK_URL, 'outage', 0);
    await compose('stop', 'redis');
    const answer = await callApi(STACK_URL, 'publish', { channel: 'outage', data: 1 });
    expect(answer).toMatchObject({ error: { code: 100, temporary: true } });
    expect(client?.closeCode).toBeUndefined();
    await compose('up', '-d', '--wait', 'redis');
    await until('publishing to work again', async () => {
      const again = await callApi(STACK_URL, 'publish', { channel: 'outage', data: 2 });
      return JSON.stringify(again).includes('result');
    });
    await until('delivery to work again', async () => {
      await publish(STACK_URL, 'outage', 3);
      return client?.frames.includes('3');
    });
  });

  test('--scale edge=5: all five get traffic', async () => {
    await compose('up', '-d', '--wait', '--no-recreate', '--scale', 'edge=5');
    const edges = await edgeContainers();
    expect(edges).toHaveLength(5);
    await everyEdgeGetsClients(edges);
    await publish(STACK_URL, '77707', 'to all five');
    for (const client of clients) expect(await client.received(1)).toEqual(['to all five']);
  });

  /** Opens clients until each edge has some, then has all of them listening. */
  async function everyEdgeGetsClients(edges: readonly EdgeContainer[]): Promise<void> {
    await until(
      'every edge to have clients',
      async () => {
        await open(10);
        return (await Promise.all(edges.map(sessionsOn))).every((sessions) => sessions > 0);
      },
      60_000,
    );
    for (const client of clients) client.send('sub#77707');
    await subscribed(STACK_URL, '77707', clients.length);
  }

  test('an edge whose process is killed comes back by itself and gets traffic again', async () => {
    const [victim] = await edgeContainers();
    if (victim === undefined) throw new Error('no edge runs');
    // `docker kill` would count as a stop by hand: only a death from inside is restarted.
    process.kill(Number(await inspect(victim.id, '{{.State.Pid}}')), 'SIGKILL');
    await until(
      'its restart',
      async () =>
        (await inspect(victim.id, '{{.RestartCount}} {{.State.Health.Status}}')) === '1 healthy',
      60_000,
    );
    const edges = await edgeContainers();
    await everyEdgeGetsClients(edges);
    expect(
      await sessionsOn(edges.find(({ id }) => id === victim.id) as EdgeContainer),
    ).toBeGreaterThan(0);
  });

  test('40 of 40 new connections succeed while one edge drains', async () => {
    await open(100);
    const [leaving] = await edgeContainers();
    if (leaving === undefined) throw new Error('no edge runs');
    const stopped = sh('docker', 'stop', '--time', '30', leaving.id);
    await until('the drain to begin', async () => {
      const state = await fetch(`${leaving.url}/readyz`).catch(() => undefined);
      return state?.status === 503;
    });
    const arriving = await open(40);
    expect((await fetch(`${leaving.url}/readyz`)).status).toBe(503);
    expect(arriving.filter(({ closeCode }) => closeCode !== undefined)).toEqual([]);
    await stopped;
    expect(await inspect(leaving.id, '{{.State.ExitCode}}')).toBe('0');
    const afterwards = await open(40);
    for (const client of [...arriving, ...afterwards]) client.send('sub#drained');
    await subscribed(STACK_URL, 'drained', 80);
  });
});
