import { NewswireProcess, ROOT } from '@newswire/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, startChromium } from './chromium.js';

const PROTOBUF_LIBRARY = `${ROOT}node_modules/centrifuge/dist/centrifuge.protobuf.js`;

/** Resolves with the socket's subprotocol once it is open, or with `failed`. */
const OPEN = `(subprotocols) => new Promise((resolve) => {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + PATH, subprotocols);
  socket.onopen = () => resolve(socket.protocol);
  socket.onerror = () => resolve('failed');
})`;

/** Resolves with the states that the library goes through until it has connected or ended. */
const CONNECT = `new Promise((resolve) => {
  const url = location.origin.replace('http', 'ws') + PATH;
  const client = new Centrifuge(url, { minReconnectDelay: 1, maxReconnectDelay: 2 });
  const states = [];
  client.on('connecting', ({ code }) => states.push(code));
  client.on('disconnected', ({ code }) => resolve([...states, code]));
  client.on('connected', ({ transport }) => resolve([...states, transport]));
  client.connect();
})`;

describe.skipIf(CHROMIUM === undefined)('Chromium (needs it)', () => {
  let server: NewswireProcess;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await NewswireProcess.start('standalone');
    browser = await startChromium();
    page = await browser.newPage();
    await page.goto(`${server.url}/healthz`);
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  const on = (path: string, script: string) => script.replaceAll('PATH', JSON.stringify(path));

  test.each([
    ['/ws', ['centrifuge-json'], 'centrifuge-json'],
    ['/connection/websocket', ['centrifuge-protobuf', 'centrifuge-json'], 'centrifuge-json'],
    ['/connection/websocket', ['centrifuge-protobuf'], 'centrifuge-protobuf'],
    ['/connection/websocket', [], ''],
    ['/connection/websocket', ['mqtt'], 'failed'],
  ])('on %s %j: %j', async (path, subprotocols, result) => {
    const script = `(${on(path, OPEN)})(${JSON.stringify(subprotocols)})`;
    expect(await page.evaluate(script)).toBe(result);
  });

  test.each(['/ws', '/connection/websocket'])(
    "the library's Protobuf build connects on %s",
    async (path) => {
      await page.addScriptTag({ path: PROTOBUF_LIBRARY });
      expect(await page.evaluate(on(path, CONNECT))).toEqual([0, 'websocket']);
    },
  );
});
