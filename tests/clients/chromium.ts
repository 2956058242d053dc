import { readFileSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { programPath, ROOT } from '@newswire/testkit';
import { DrivenClient, type Answer, type ClientEvent } from './driven-client.js';

/** As Debian, Ubuntu, Fedora and Google name it. */
const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

/** Where Chromium is on this machine, if there is one: `make test` installs it. */
export const CHROMIUM = NAMES.map(programPath).find((path) => path !== undefined);

/** Starts headless Chromium, which is driven over the DevTools protocol. */
export function startChromium(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('there is no Chromium on this machine');
  return chromium.launch({ executablePath: CHROMIUM });
}

const LIBRARIES = {
  json: `${ROOT}node_modules/centrifuge/dist/centrifuge.js`,
  protobuf: `${ROOT}node_modules/centrifuge/dist/centrifuge.protobuf.js`,
};
const DRIVER = readFileSync(`${ROOT}tests/clients/driver.js`, 'utf8');

/** The npm package `centrifuge` on a page of its own, which comes from the origin it connects to. */
export async function startInChromium(
  browser: Browser,
  origin: string,
  encoding: keyof typeof LIBRARIES = 'json',
): Promise<DrivenClient> {
  const page = await browser.newPage();
  const client = new DrivenClient(
    (command) => ask(page, command),
    () => page.close(),
  );
  await page.exposeFunction('tell', (event: ClientEvent) => void client.events.push(event));
  // Whatever newswire says there: a page that comes from nowhere may not connect to loopback.
  await page.goto(origin);
  await page.addScriptTag({ path: LIBRARIES[encoding] });
  const parameters = `window.Centrifuge, window.tell, {}, ${encoding === 'protobuf'}`;
  const content = `${DRIVER}\nwindow.ask = drive(${parameters});`;
  await page.addScriptTag({ type: 'module', content });
  await page.waitForFunction('window.ask');
  return client;
}

function ask(page: Page, command: object): Promise<Answer> {
  return page.evaluate(`window.ask(${JSON.stringify(command)})`);
}
