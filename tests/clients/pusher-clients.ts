import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@newswire/testkit';
import type { Browser } from 'playwright-core';
import PusherServer from 'pusher';
import type Pusher from 'pusher-js';
import { DrivenClient, type Answer, type ClientEvent } from './driven-client.js';
import { drivePusher, type AuthorizeRequest } from './pusher-driver.js';

export interface AppKeys {
  readonly id: string;
  readonly key: string;
  readonly secret: string;
}

/** Two apps: the second has its own channels. */
export const APP: AppKeys = { id: '1', key: 'app-key', secret: 'the-secret-of-the-first-app' };
export const OTHER_APP: AppKeys = {
  id: '2',
  key: 'other-key',
  secret: 'the-secret-of-the-other-app',
};

const APPS = {
  apps: [
    { ...APP, channel_prefix: 'one:', client_events: true },
    { ...OTHER_APP, channel_prefix: 'two:', subscription_count: true },
    {
      id: '3',
      key: 'disabled-key',
      secret: 'a-secret-of-no-use',
      channel_prefix: 'three:',
      enabled: false,
    },
  ],
};

const appsFile = join(mkdtempSync(join(tmpdir(), 'newswire-pusher-')), 'apps.json');
writeFileSync(appsFile, JSON.stringify(APPS));

/** Of the stack that the tests of Pusher's protocol need. */
export const PUSHER_SETTINGS = {
  NEWSWIRE_PUSHER_APPS: appsFile,
  NEWSWIRE_ALLOWED_ORIGINS: '*',
};

const MASTER_KEY = Buffer.from('a key of 32 bytes, for the test.').toString('base64');

/** The npm package `pusher`, as a backend uses it. */
export function newBackend(app: AppKeys, port: number): PusherServer {
  const { id: appId, key, secret } = app;
  const options = { appId, key, secret, host: '127.0.0.1', port: String(port), useTLS: false };
  return new PusherServer({ ...options, encryptionMasterKeyBase64: MASTER_KEY });
}

/** What a backend answers: a presence channel gets the user's name. */
export function authorize(app: AppKeys, request: AuthorizeRequest): object {
  const backend = newBackend(app, 1);
  const { channelName, socketId, user } = request;
  if (channelName === undefined) return backend.authenticateUser(socketId, { id: user });
  const data = { user_id: user, user_info: { name: `the name of ${user}` } };
  return backend.authorizeChannel(
    socketId,
    channelName,
    channelName.startsWith('presence-') ? data : undefined,
  );
}

/** CommonJS: in Node, its types describe the module and not its export. */
const Library = createRequire(import.meta.url)('pusher-js') as typeof Pusher;

/** pusher-js in this process. */
export function startPusherInNode(app: AppKeys): DrivenClient {
  const send = drivePusher(
    Library,
    (event) => client.events.push(event),
    async (request) => authorize(app, request),
  );
  const client = new DrivenClient(send, async () => {
    await send({ method: 'disconnect' });
  });
  return client;
}

const WEB_LIBRARY = `${ROOT}node_modules/pusher-js/dist/web/pusher-with-encryption.js`;
const DRIVER = readFileSync(`${ROOT}tests/clients/pusher-driver.js`, 'utf8');

/** pusher-js on a page of its own, which comes from this origin. */
export async function startPusherInChromium(
  browser: Browser,
  app: AppKeys,
  origin: string,
): Promise<DrivenClient> {
  const page = await browser.newPage();
  const client = new DrivenClient(
    (command) => page.evaluate<Answer>(`window.ask(${JSON.stringify(command)})`),
    () => page.close(),
  );
  await page.exposeFunction('tell', (event: ClientEvent) => void client.events.push(event));
  await page.exposeFunction('authorize', (request: AuthorizeRequest) => authorize(app, request));
  await page.goto(origin);
  await page.addScriptTag({ path: WEB_LIBRARY });
  const content = `${DRIVER}\nwindow.ask = drivePusher(window.Pusher, window.tell, window.authorize);`;
  await page.addScriptTag({ type: 'module', content });
  await page.waitForFunction('window.ask');
  return client;
}
