import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  freePort,
  missingPrograms,
  NewswireProcess,
  NginxServer,
  publish,
  RedisServer,
  SeedClient,
  until,
} from '@newswire/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CHROMIUM, startChromium } from './chromium.js';

const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');
if (CHROMIUM === undefined) missing.push('chromium');

/** What a page has seen of its EventSource. */
interface Seen {
  readonly readyState: number;
  readonly opens: number;
  readonly errors: number;
  readonly begun: number;
  readonly items: readonly string[];
}

/** `EventSource.CLOSED`: it has given up. */
const CLOSED = 2;

const PLACES_OF_AN_EDGE = 2;

/** A page with an EventSource, in Chromium. */
class SourcePage {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** `origin`: of the page. */
  static async open(
    browser: Browser,
    origin: string,
    url: string,
    withCredentials = false,
  ): Promise<SourcePage> {
    const page = await browser.newPage();
    await page.goto(origin);
    if (withCredentials) await page.evaluate("document.cookie = 'session=1'");
    await page.evaluate(`
      window.source = new EventSource(${JSON.stringify(url)}, { withCredentials: ${withCredentials} });
      window.seen = { opens: 0, errors: 0, begun: 0, items: [] };
      source.addEventListener('open', () => seen.opens++);
      source.addEventListener('error', () => seen.errors++);
      source.addEventListener('subscribed', () => seen.begun++);
      source.addEventListener('news', ({ data }) => seen.items.push(data));
    `);
    return new SourcePage(page);
  }

  async seen(): Promise<Seen> {
    return this.#page.evaluate('({ ...seen, readyState: source.readyState })');
  }

  /** Fails as soon as the EventSource has given up. */
  async until(what: string, isSo: (seen: Seen) => boolean): Promise<Seen> {
    return until(
      what,
      async () => {
        const seen = await this.seen();
        if (seen.readyState === CLOSED) throw new Error(`EventSource gave up before ${what}`);
        return isSo(seen) ? seen : undefined;
      },
      20_000,
    );
  }

  close(): Promise<void> {
    return this.#page.close();
  }
}

describe.skipIf(missing.length > 0)(
  'EventSource in Chromium, through nginx (needs chromium, nginx and redis-server)',
  () => {
    let browser: Browser;
    let site: Server;
    let redis: RedisServer;
    let center: NewswireProcess;
    let edges: NewswireProcess[] = [];
    let ports: number[];
    let nginx: NginxServer;
    let page: SourcePage;

    /** Of a page on another port, which the edges allow. */
    const otherOrigin = () => `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

    async function startEdges(): Promise<void> {
      edges = await Promise.all(
        ports.map((port) =>
          NewswireProcess.start('edge', {
            NEWSWIRE_REDIS_URL: redis.url,
            NEWSWIRE_EDGE_PORT: String(port),
            NEWSWIRE_ALLOWED_ORIGINS: otherOrigin(),
            NEWSWIRE_MAX_CONNECTIONS: String(PLACES_OF_AN_EDGE),
            NEWSWIRE_SUBSCRIBE_TIMEOUT_MS: '500',
            NEWSWIRE_DRAIN_MS: '4000',
          }),
        ),
      );
    }
    const stopEdges = (signal: NodeJS.Signals) =>
      Promise.all(edges.map((edge) => edge.stop(signal)));

    beforeAll(async () => {
      site = createServer((_, response) => response.end('<!doctype html>'));
      await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
      redis = await RedisServer.start();
      ports = [await freePort(), await freePort()];
      [browser, center] = await Promise.all([
        startChromium(),
        NewswireProcess.start('center', { NEWSWIRE_REDIS_URL: redis.url }),
      ]);
      nginx = await NginxServer.start({ edges: ports, center: [center.port] });
    });
    beforeEach(startEdges);
    afterEach(async () => {
      await page.close();
      await stopEdges('SIGKILL');
    });
    afterAll(async () => {
      await browser.close();
      await nginx.stop();
      await center.stop('SIGKILL');
      await redis.dispose();
      site.close();
    });

    const source = () => `${nginx.url}/sse?channels=news`;

    async function open(origin = nginx.url, withCredentials = false): Promise<void> {
      page = await SourcePage.open(browser, origin, source(), withCredentials);
      await page.until('the beginning', ({ begun }) => begun === 1);
      await publish(nginx.url, 'news', 'before');
      await page.until('an item', ({ items }) => items.length === 1);
    }

    /** It has come back several times in vain. */
    const retried = () => page.until('more attempts', ({ errors }) => errors >= 3);

    async function itemsInTheEnd(): Promise<readonly string[]> {
      await publish(nginx.url, 'news', 'after');
      const { items } = await page.until('the last', (seen) => seen.items.includes('after'));
      return items;
    }

    test.each(['its own', 'another'])(
      'comes back after all edges were gone, to a page of %s origin',
      async (which) => {
        await open(which === 'another' ? otherOrigin() : nginx.url);
        await stopEdges('SIGKILL');
        await publish(nginx.url, 'news', 'meanwhile');
        await retried();
        await startEdges();
        expect(await itemsInTheEnd()).toEqual(['before', 'meanwhile', 'after']);
      },
    );

    test('goes on trying with cookies from a page of another origin while all edges are gone', async () => {
      await stopEdges('SIGKILL');
      page = await SourcePage.open(browser, otherOrigin(), source(), true);
      expect((await retried()).readyState).not.toBe(CLOSED);
    });

    test('comes back after all edges were drained and replaced', async () => {
      await open();
      const stopped = stopEdges('SIGTERM');
      await publish(nginx.url, 'news', 'meanwhile');
      await retried();
      await stopped;
      await startEdges();
      expect(await itemsInTheEnd()).toEqual(['before', 'meanwhile', 'after']);
    });

    test('waits for a place while all edges are full', async () => {
      const count = PLACES_OF_AN_EDGE * ports.length;
      const others = [];
      for (let i = 0; i < count; i++) others.push(await SeedClient.open(nginx.webSocketUrl));
      page = await SourcePage.open(browser, nginx.url, source());
      await retried();
      expect((await page.seen()).begun).toBe(0);
      for (const other of others) other.close();
      await page.until('the beginning', ({ begun }) => begun === 1);
    });

    test('waits for Redis', async () => {
      await redis.stop();
      page = await SourcePage.open(browser, nginx.url, source());
      expect((await retried()).begun).toBe(0);
      await redis.start();
      await page.until('the beginning', ({ begun }) => begun === 1);
    });

    test('gives up where it may not listen at all', async () => {
      page = await SourcePage.open(browser, nginx.url, `${nginx.url}/sse?channels=no%20good`);
      await until('the end', async () => (await page.seen()).readyState === CLOSED);
      expect((await page.seen()).errors).toBe(1);
    });
  },
);
