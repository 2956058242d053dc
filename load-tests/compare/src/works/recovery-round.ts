import { setTimeout as wait } from 'node:timers/promises';
import { sumOf } from '@newswire/load-harness';
import { TcpProxy, until } from '@newswire/testkit';
import type { RecoveryContender, RecoverySystem } from '../contender.js';
import type { Recovery } from '../result.js';
import { LedgerClient } from './recovery-client.js';
import { RecoveryPublisher } from './recovery-publisher.js';
import type { RecoverySettings } from './recovery-settings.js';

/** Clients that connect at the same time at first: that is not what is measured. */
const TOGETHER = 50;
/** For what comes twice. */
const SETTLE_MS = 300;

/** Starts the system, cuts all its clients off, lets them in again, and judges what each has heard. */
export async function recoverOnce(
  contender: RecoveryContender,
  settings: RecoverySettings,
): Promise<Recovery> {
  const system = await contender.start();
  try {
    const proxy = await TcpProxy.start(system.port);
    try {
      return await throughProxy(system, proxy, settings);
    } finally {
      proxy.close();
    }
  } finally {
    await system.stop();
  }
}

async function throughProxy(
  system: RecoverySystem,
  proxy: TcpProxy,
  settings: RecoverySettings,
): Promise<Recovery> {
  const publisher = new RecoveryPublisher(system, 'recovery');
  const clients: LedgerClient[] = [];
  try {
    while (clients.length < settings.clients) {
      const together = Math.min(TOGETHER, settings.clients - clients.length);
      for (let i = 0; i < together; i += 1) {
        clients.push(new LedgerClient(system, proxy.port, publisher));
      }
      await until('clients', () => subscribed(clients, 1), settings.limitMs);
    }
    const letInAtMs = await cutAll(proxy, publisher, settings);
    await untilWhole(clients, settings.limitMs);
    await wait(SETTLE_MS);
    return resultOf(clients, publisher, letInAtMs);
  } finally {
    for (const client of clients) client.close();
  }
}

const subscribed = (clients: readonly LedgerClient[], times: number) =>
  clients.every(({ subscriptions }) => subscriptions >= times);

/** Resolves behind the last publication, with the time at which clients were let in again. */
async function cutAll(
  proxy: TcpProxy,
  publisher: RecoveryPublisher,
  { ratePerS, beforeMs, outageMs, afterMs }: RecoverySettings,
): Promise<number> {
  const published = publisher.run(ratePerS);
  await wait(beforeMs);
  proxy.block();
  await wait(outageMs);
  proxy.unblock();
  const letInAtMs = performance.now();
  await wait(afterMs);
  publisher.end();
  await published;
  if (publisher.taken.size === 0) throw new Error(`took no publication: ${publisher.refusal}`);
  return letInAtMs;
}

/** Whoever is not whole by then has lost what it has not. */
async function untilWhole(clients: readonly LedgerClient[], limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  let waiting = clients;
  while (waiting.length > 0 && performance.now() < deadline) {
    await wait(100);
    waiting = waiting.filter(({ subscriptions, verdict }) => subscriptions < 2 || verdict.lost > 0);
  }
}

function resultOf(
  clients: readonly LedgerClient[],
  publisher: RecoveryPublisher,
  letInAtMs: number,
): Recovery {
  const verdicts = clients.map(({ verdict }) => verdict);
  const total = (key: 'lost' | 'told' | 'doubled' | 'reordered') =>
    sumOf(verdicts.map((verdict) => verdict[key]));
  const isBack = ({ wholeAtMs }: { wholeAtMs: number | null }) =>
    wholeAtMs !== null && wholeAtMs >= letInAtMs;
  const lastAtMs = Math.max(...verdicts.map(({ wholeAtMs }) => wholeAtMs ?? Infinity));
  return {
    clients: clients.length,
    published: publisher.taken.size,
    lost: total('lost'),
    told: total('told'),
    doubled: total('doubled'),
    reordered: total('reordered'),
    caughtUpMs: verdicts.every(isBack) ? lastAtMs - letInAtMs : null,
  };
}
