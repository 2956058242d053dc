import { missingPrograms, NewswireProcess, NginxServer } from '@newswire/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Backend, json } from '../../services/edge/test/rig/backend.js';
import { CHROMIUM, startChromium } from './chromium.js';

const CONNECT = '{"id":1,"connect":{}}';
const HEADERS = {
  'Cache-Control': 'no-cache',
  'X-Requested-With': 'XMLHttpRequest',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

/** What a page can do with newswire at `url`. Each resolves with what it received, or with the error's name. */
const ON_PAGE = `
  const attempt = (promise) => promise.catch((error) => error.name);
  window.stream = (url, credentials, headers) => attempt((async () => {
    const method = 'POST';
    const body = '${CONNECT}';
    const response = await fetch(url + '/connection/http_stream', { method, body, credentials, headers });
    const { value } = await response.body.getReader().read();
    return new TextDecoder().decode(value);
  })());
  window.getStatus = (url, credentials) => attempt((async () => {
    const body = '{"session":"none","node":"none","data":"{}"}';
    return (await fetch(url + '/emulation', { method: 'POST', body, credentials })).status;
  })());
  window.events = (url, type, withCredentials) => new Promise((resolve) => {
    const source = new EventSource(url, { withCredentials });
    source.addEventListener(type, ({ data }) => { source.close(); resolve(data); });
    source.onerror = () => { source.close(); resolve('error'); };
  });
`;

interface Rig {
  readonly url: string;
  readonly hook: Backend;
  readonly page: Page;
}

const missing = [...missingPrograms('nginx'), ...(CHROMIUM === undefined ? ['chromium'] : [])];

describe.skipIf(missing.length > 0)('pages of a second origin (need Chromium and nginx)', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser.close());

  /** newswire behind Nginx, a page of another origin with a cookie, and a hook that knows the cookie. */
  async function start(originsFor: (page: string) => string): Promise<Rig> {
    const hook = await Backend.start(json({ result: { user: 'ada' } }));
    const site = await Backend.start((response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>site</title>');
    });
    const newswire = await NewswireProcess.start('standalone', {
      NEWSWIRE_ALLOWED_ORIGINS: originsFor(site.url),
      NEWSWIRE_CONNECT_HOOK_URL: hook.url,
      NEWSWIRE_ANONYMOUS: 'on',
      NEWSWIRE_DRAIN_MS: '0',
    });
    onTestFinished(async () => void (await newswire.stop()));
    const nginx = await NginxServer.start({ edges: [newswire.port], center: [newswire.port] });
    onTestFinished(() => nginx.stop());
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(site.url);
    await page.addScriptTag({ content: ON_PAGE });
    await page.evaluate(`document.cookie = 'session=ada'`);
    return { url: nginx.url, hook, page };
  }

  const cookies = ({ hook }: Rig) => hook.asked.map(({ headers }) => headers.cookie);
  const call = ({ page }: Rig, name: string, ...parameters: unknown[]): Promise<unknown> =>
    page.evaluate(`window.${name}(${parameters.map((each) => JSON.stringify(each)).join()})`);

  test('may send cookies to the connect hook where they are listed, and headers of their own', async () => {
    // With a slash at its end, as an operator may write it.
    const rig = await start((page) => page);
    const { url } = rig;
    expect(await call(rig, 'stream', url, 'include', HEADERS)).toContain('"session"');
    expect(await call(rig, 'events', `${url}/sse?channels=a`, 'subscribed', true)).toBe('a');
    const connect = `${url}/connection/sse?cf_connect=${encodeURIComponent(CONNECT)}`;
    expect(await call(rig, 'events', connect, 'message', true)).toContain('"session"');
    expect(cookies(rig)).toEqual(['session=ada', 'session=ada', 'session=ada']);
    expect(await call(rig, 'getStatus', url, 'include')).toBe(404);
  });

  test('may not where all origins are allowed, but come without cookies', async () => {
    const rig = await start(() => '*');
    const { url } = rig;
    expect(await call(rig, 'stream', url, 'include', HEADERS)).toBe('TypeError');
    expect(await call(rig, 'events', `${url}/sse?channels=a`, 'subscribed', true)).toBe('error');
    rig.hook.asked.length = 0;
    expect(await call(rig, 'stream', url, 'omit', HEADERS)).toContain('"session"');
    expect(await call(rig, 'events', `${url}/sse?channels=a`, 'subscribed', false)).toBe('a');
    expect(cookies(rig)).toEqual([undefined, undefined]);
    expect(await call(rig, 'getStatus', url, 'omit')).toBe(404);
  });

  test('may not come at all where they are not listed', async () => {
    const rig = await start(() => 'https://other.example');
    expect(await call(rig, 'stream', rig.url, 'include', HEADERS)).toBe('TypeError');
    expect(await call(rig, 'getStatus', rig.url, 'omit')).toBe('TypeError');
    expect(rig.hook.asked).toEqual([]);
  });
});
