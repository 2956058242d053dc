import { connect, createServer } from 'node:net';
import { freePort, until } from '@newswire/testkit';
import { afterEach, expect, test } from 'vitest';
import { TestLog } from '@newswire/broker/contract';
import { Cable } from './cable.js';
import { DelegateRig, QUICK, Recorder, SECRET, untilUp } from './delegate-rig.js';

const rig = new DelegateRig();
const cables: Cable[] = [];

afterEach(async () => {
  await rig.dispose();
  for (const cable of cables.splice(0)) cable.close();
});

async function cableTo(port: number): Promise<Cable> {
  const cable = await Cable.to(port);
  cables.push(cable);
  return cable;
}

/**
 * Returns the data that an unauthenticated connection to an edge's port receives until the edge
 * closes it.
 */
function connectUnauthenticated(port: number, ...words: string[]): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    socket.on('error', () => undefined).on('close', () => resolve(received));
    for (const word of words) socket.write(word);
  });
}

test('another secret: neither is linked, both say so once, and no secret is sent or logged', async () => {
  const [edgeLog, centerLog] = [new TestLog(), new TestLog()];
  const edge = await rig.edge({ log: edgeLog });
  const cable = await cableTo(edge.port);
  let attempts = 0;
  const other = 'a secret of somebody else';
  const reconnectDelayMs = () => 5 * ++attempts;
  const center = rig.center([cable.port], { linkSecret: other, log: centerLog, reconnectDelayMs });
  await until('some tries', () => attempts > 5);
  const sentence = `the edge at 127.0.0.1:${cable.port} has another link secret`;
  expect(center.broker.fault).toBe(`no edge is linked: ${sentence}`);
  expect(edge.broker.fault).toBe('center is away');
  expect(centerLog.lines).toEqual([sentence]);
  expect(edgeLog.lines).toEqual([
    'a connection from 127.0.0.1 was refused as a link: it has another link secret',
  ]);
  expect(cable.carried).toContain('wrong-secret');
  expect(cable.carried).not.toContain(other);
  expect(cable.carried).not.toContain(SECRET);
});

test('the right secret is not sent either, and what was overheard opens nothing', async () => {
  const edge = await rig.edge();
  const cable = await cableTo(edge.port);
  const center = rig.center([cable.port]);
  await untilUp(edge, center);
  expect(cable.carried).not.toContain(SECRET);
  const proof = cable.carried.split('\n').find((line) => /^\S{32} \S{32} \S{43}$/.test(line));
  expect(proof).toBeDefined();
  expect(await connectUnauthenticated(edge.port, `${proof}\n`)).toMatch(/\nwrong-secret\n$/);
  expect(edge.broker.fault).toBeUndefined();
});

test('an edge that welcomes any center is not trusted', async () => {
  const port = await freePort();
  const liar = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('newswire-link 2 edge nonce\n');
    socket.once('data', () => socket.write('welcome me\nV 1 \n'));
  }).listen(port, '127.0.0.1');
  const center = rig.center([port]);
  await until('the fault', () => center.broker.fault?.includes('could not prove'));
  expect(await center.control.request({ method: 'channels' })).toEqual([]);
  liar.close();
});

test('a second center is refused, logs it once, and is accepted when the first has gone', async () => {
  const { center, edge, edges } = await rig.linked(2);
  const log = new TestLog();
  let attempts = 0;
  const reconnectDelayMs = () => 5 * ++attempts;
  const second = rig.center([edge.port], { log, reconnectDelayMs });
  await until('some tries', () => attempts > 5);
  const sentence = `the edge at 127.0.0.1:${edge.port} has another center: run one center only`;
  expect(second.broker.fault).toBe(sentence);
  expect(log.lines).toEqual([sentence]);
  await expect(second.broker.publish('a', '1')).rejects.toMatchObject({
    code: 100,
    temporary: true,
    message: `internal error: ${sentence}`,
  });
  expect(center.broker.fault).toBeUndefined();
  expect(edges.map(({ broker }) => broker.fault)).toEqual([undefined, undefined]);
  await rig.close(center);
  await untilUp(second, edge);
  expect((await second.broker.publish('a', '1')).offset).toBe(1);
});

test('an error of center reaches the edge unchanged', async () => {
  const [mine, theirs] = [await rig.edge(), await rig.edge()];
  const first = rig.center([theirs.port]);
  await untilUp(first);
  rig.center([mine.port, theirs.port]);
  await untilUp(mine);
  await until('the refusal', () =>
    mine.broker.publish('a', '1').then(
      () => false,
      (error: unknown) => {
        expect(error).toMatchObject({
          code: 100,
          message: expect.stringMatching(/^internal error: the edge at .* has another center/),
        });
        return true;
      },
    ),
  );
});

test('the link of a center that went silent gives way to another center', async () => {
  const edge = await rig.edge();
  const cable = await cableTo(edge.port);
  await untilUp(rig.center([cable.port]), edge);
  const second = rig.center([edge.port]);
  await until('the refusal', () => second.broker.fault?.includes('has another center'));
  expect(edge.broker.fault).toBeUndefined();
  cable.freeze();
  await untilUp(second, edge);
});

test('the same center replaces its link although the edge does not know yet that it is lost', async () => {
  const patient = { ...QUICK, silentBeats: 10_000 };
  const log = new TestLog();
  const edge = await rig.edge({ limits: patient, log });
  const cable = await cableTo(edge.port);
  const center = rig.center([cable.port]);
  await untilUp(center, edge);
  cable.cutNear();
  await until('the new link', () => log.count('center is linked') === 2);
  expect(log.lines[1]).toBe('center is away: it opened a new link');
  await untilUp(center, edge);
});

test.each(['center', 'edge'])(
  'a link goes on for as long as there are beats; %s ends it soon after',
  async (ending) => {
    const log = new TestLog();
    const patient = { log: new TestLog(), limits: { ...QUICK, silentBeats: 600 } };
    const edge = await rig.edge(ending === 'edge' ? { log } : patient);
    const cable = await cableTo(edge.port);
    const center = rig.center([cable.port], ending === 'center' ? { log } : patient);
    await untilUp(center, edge);
    const beats = () => cable.carried.split('\n').filter((line) => line === '.').length;
    await until('more beats than a link may be silent for', () => beats() > 2 * 8);
    expect(log.lines).toHaveLength(1);
    cable.freeze();
    await until('the end', () => log.lines.length > 1);
    expect(log.lines[1]).toMatch(/ was silent for 0.5 s$/);
    cable.cut();
    await untilUp(center, edge);
  },
);

test('unauthenticated connections get little time, and are limited in number', async () => {
  const edge = await rig.edge({ limits: { ...QUICK, authenticateMs: 1000 } });
  const center = rig.center([edge.port]);
  await untilUp(center, edge);
  const crowd = Array.from({ length: 100 }, () => connectUnauthenticated(edge.port));
  const received = await Promise.all(crowd);
  const greeted = received.filter((text) => /^newswire-link 2 \S{32} \S{32}\n$/.test(text));
  expect(greeted).toHaveLength(64);
  expect(received.filter((text) => text === '')).toHaveLength(36);
  expect(edge.broker.fault).toBeUndefined();
});

test('unauthenticated connections get little memory, and do not disturb links', async () => {
  const edge = await rig.edge({ limits: { ...QUICK, authenticateMs: 600_000 } });
  const center = rig.center([edge.port]);
  await untilUp(center, edge);
  for (const words of [
    'GET / HTTP/1.1\r\nHost: edge\r\n\r\n',
    'x'.repeat(513),
    `${'x'.repeat(600)}\n`,
    '\n',
    'S 1 a\n',
    '\0\u{1F600}\n',
  ]) {
    const received = await connectUnauthenticated(edge.port, words);
    expect(received).toMatch(/^(newswire-link 2 \S+ \S+\n)?(wrong-secret\n)?$/);
  }
  const recorder = new Recorder();
  await edge.broker.subscribe('a', recorder);
  await center.broker.publish('a', '1');
  await until('the publication', () => recorder.data.length === 1);
});

test('a server that is no edge is no edge', async () => {
  const port = await freePort();
  const server = createServer((socket) => {
    socket.on('error', () => undefined).write('SSH-2.0-OpenSSH\r\n');
  }).listen(port, '127.0.0.1');
  const center = rig.center([port]);
  await until('the fault', () => center.broker.fault?.includes('is not an edge of this version'));
  expect(center.broker.fault).toBe(
    `no edge is linked: the edge at 127.0.0.1:${port} is not an edge of this version`,
  );
  server.close();
});

test('a line that is too long ends a link that was trusted', async () => {
  const limits = { ...QUICK, maxLineLength: 2000 };
  const log = new TestLog();
  const edge = await rig.edge({ limits, log });
  const center = rig.center([edge.port], { limits });
  await untilUp(center, edge);
  await edge.broker.subscribe('a', new Recorder());
  await center.broker.publish('a', JSON.stringify('x'.repeat(3000)));
  await until('the end', () => log.count('it sent a line that is too long') === 1);
  await untilUp(center, edge);
  expect(log.count('center is linked')).toBe(2);
});

test('a line that is not understood ends a link that was trusted', async () => {
  const [edgeLog, centerLog] = [new TestLog(), new TestLog()];
  const edge = await rig.edge({ log: edgeLog });
  const cable = await cableTo(edge.port);
  const attempts: number[] = [];
  const reconnectDelayMs = (attempt: number) => attempts.push(attempt);
  const center = rig.center([cable.port], { log: centerLog, reconnectDelayMs });
  await untilUp(center, edge);
  const sentence = 'sent an invalid line';
  const toEdge = ['Z', 'P a 1', 'P a x epoch 1', 'P a -1 epoch 1', 'R a', '= one two', '! 1 999 x'];
  const toCenter = ['Z', 'S 1', 'H 1 a 0', 'H 1 a 0 x', 'W 1 a -', 'W 1 a - -', 'W 1 a - x 1', 'A'];
  for (const [to, log, lines] of [
    ['edge', edgeLog, toEdge],
    ['center', centerLog, toCenter],
  ] as const) {
    for (const [i, line] of lines.entries()) {
      cable.say(to, line);
      await until(`the end by ${line}`, () => log.count(sentence) === i + 1);
      await untilUp(center, edge);
    }
  }
  // Short-lived links are dialed again at growing intervals.
  expect(attempts).toEqual(attempts.map((_, i) => i));
});

test('names that cannot be resolved are logged once each, and are the fault', async () => {
  const log = new TestLog();
  let lookups = 0;
  const lookup = (host: string) => {
    lookups++;
    return Promise.reject(Object.assign(new Error(host), { code: 'ENOTFOUND' }));
  };
  const edges = ['one', 'two'].map((host) => ({ host, port: 1 }));
  const center = rig.center([], { edges, lookup, log, lookupIntervalMs: 1 });
  await until('some tries', () => lookups > 20);
  const sentences = ['one', 'two'].map(
    (host) => `the name ${host} in NEWSWIRE_EDGES can't be resolved (ENOTFOUND)`,
  );
  expect(log.lines).toEqual(sentences);
  expect(center.broker.fault).toBe(`no edge is linked: ${sentences[0]}`);
});

test('names are resolved again: edges come and go, and a failing name server changes nothing', async () => {
  const port = await freePort();
  const log = new TestLog();
  let answer: string[] | Error = ['127.0.0.1'];
  const lookup = (host: string) => {
    expect(host).toBe('edge');
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const first = await rig.edge({ delegatePort: port });
  const center = rig.center([], { edges: [{ host: 'edge', port }], lookup, log });
  await untilUp(center, first);
  answer = ['127.0.0.1', '127.0.0.2'];
  await until('a try', () => log.count('127.0.0.2:.*ECONNREFUSED') === 1);
  const second = await rig.edge({ host: '127.0.0.2', delegatePort: port });
  await untilUp(second);
  answer = Object.assign(new Error('no'), { code: 'EAI_AGAIN' });
  await until('the failure', () => log.count("the name edge .* can't be resolved") === 1);
  expect(first.broker.fault ?? second.broker.fault).toBeUndefined();
  await rig.close(first);
  const third = await rig.edge({ delegatePort: port });
  await untilUp(third);
  // An address that is no longer named keeps its link, but is not dialed again.
  answer = ['127.0.0.1'];
  const recorder = new Recorder();
  await second.broker.subscribe('a', recorder);
  await center.broker.publish('a', '1');
  await until('the publication', () => recorder.data.length === 1);
  await rig.close(second);
  const returned = await rig.edge({ host: '127.0.0.2', delegatePort: port });
  await rig.close(third);
  await untilUp(await rig.edge({ delegatePort: port }));
  expect(returned.broker.fault).toBe('center is away');
  answer = ['127.0.0.1', '127.0.0.2'];
  await untilUp(returned);
});

test('an edge with two addresses is linked once', async () => {
  const log = new TestLog();
  const edge = await rig.edge();
  const cable = await cableTo(edge.port);
  const center = rig.center([edge.port, cable.port], { log });
  await until('the other address', () => log.count('by another of its addresses') > 0);
  await untilUp(edge, center);
  await edge.control.serve(() => ({ channels: {} }), 'a');
  expect(await center.control.request({ method: 'channels' })).toHaveLength(1);
});

test('a port in use is reported to the caller that opens the edge', async () => {
  const { port } = await rig.edge();
  await expect(rig.edge({ delegatePort: port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
