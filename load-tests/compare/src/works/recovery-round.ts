import { setTimeout as wait } from 'node:timers/promises';
import { TcpProxy, until } from '@newswire/testkit';
import { sum } from 'd3-array';
import type { RecoveringClient, RecoveryContender, RecoverySystem } from '../contender.js';
import { limitTime } from '../lineup.js';
import type { Recovery } from '../result.js';
import { RecoveryLedger, type ClientLog, type ClientVerdict } from './recovery-log.js';

export interface RecoverySettings {
  readonly clients: number;
  readonly rounds: number;
  /** Publications a second, on one channel to which all clients subscribe. */
  readonly ratePerS: number;
  /** How long is published before all connections are cut. */
  readonly beforeMs: number;
  /** How long no client is let in; publications go on. */
  readonly outageMs: number;
  /** How long is published after that. */
  readonly afterMs: number;
  /** Limit for the clients to subscribe at first, and to have everything after the last publication. */
  readonly limitMs: number;
}

const CHANNEL = 'recovery';
/** Clients that connect at the same time at first, which is not measured. */
const TOGETHER = 50;
/** For what arrives twice. */
const SETTLE_MS = 300;
const MESSAGE_BYTES = 64;
const ANSWER_LIMIT_MS = 5000;

/** Starts the system, cuts off all its clients, lets them in again, and judges what each has received. */
export async function recoverOnce(
  contender: RecoveryContender,
  settings: RecoverySettings,
): Promise<Recovery> {
  const system = await contender.start();
  try {
    const proxy = await TcpProxy.start(system.port);
    const round = new RecoveryRound(system, proxy, settings);
    try {
      return await round.run();
    } finally {
      round.close();
      proxy.close();
    }
  } finally {
    await system.stop();
  }
}

class RecoveryRound {
  readonly #ledger = new RecoveryLedger();
  readonly #logs: ClientLog[] = [];
  readonly #clients: RecoveringClient[] = [];
  readonly #system: RecoverySystem;
  readonly #proxy: TcpProxy;
  readonly #settings: RecoverySettings;
  /** The last number handed to the server, whether it has answered or not. */
  #begun = 0;
  /** Why the server did not take a publication; empty: it took all. */
  #refusal = '';
  #isDone = false;

  constructor(system: RecoverySystem, proxy: TcpProxy, settings: RecoverySettings) {
    this.#system = system;
    this.#proxy = proxy;
    this.#settings = settings;
  }

  async run(): Promise<Recovery> {
    const { clients, limitMs } = this.#settings;
    while (this.#clients.length < clients) {
      const together = Math.min(TOGETHER, clients - this.#clients.length);
      for (let i = 0; i < together; i += 1) this.#connect();
      const all = () => this.#logs.every(({ subscriptions }) => subscriptions > 0);
      await until('clients', all, limitMs);
    }
    const letInAtMs = await this.#cutAll();
    await this.#untilWhole();
    await wait(SETTLE_MS);
    return this.#result(letInAtMs);
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #connect(): void {
    const log = this.#ledger.addClient();
    this.#logs.push(log);
    const client = this.#system.connect(this.#proxy.port, CHANNEL, {
      onSubscribed: (isWhole) => log.subscribed(this.#begun, isWhole, performance.now()),
      onMessage: (data) => log.received(Number.parseInt(data, 10), performance.now()),
    });
    this.#clients.push(client);
  }

  /** Resolves after the last publication, with the time at which clients were let in again. */
  async #cutAll(): Promise<number> {
    const { beforeMs, outageMs, afterMs } = this.#settings;
    const published = this.#publish();
    await wait(beforeMs);
    this.#proxy.block();
    await wait(outageMs);
    this.#proxy.unblock();
    const letInAtMs = performance.now();
    await wait(afterMs);
    this.#isDone = true;
    await published;
    if (this.#ledger.acceptedCount > 0) return letInAtMs;
    throw new Error(`took no publication: ${this.#refusal}`);
  }

  /** Publishes 1, 2, 3… at the rate, each after the answer to the one before, which defines their order. */
  async #publish(): Promise<void> {
    const startedAtMs = performance.now();
    while (!this.#isDone) {
      const dueAtMs = startedAtMs + (this.#begun * 1000) / this.#settings.ratePerS;
      await wait(Math.max(0, dueAtMs - performance.now()));
      this.#begun += 1;
      const number = this.#begun;
      const published = this.#system.publish(CHANNEL, String(number).padEnd(MESSAGE_BYTES, '.'));
      try {
        await limitTime(ANSWER_LIMIT_MS, 'the answer to a publication', published);
        this.#ledger.accepted(number);
      } catch (error) {
        this.#refusal = String(error);
        this.#ledger.failed(number);
      }
    }
  }

  /** Waits until every client is back and has everything; after the limit, what is missing is lost. */
  async #untilWhole(): Promise<void> {
    const deadlineMs = performance.now() + this.#settings.limitMs;
    const isWhole = () =>
      this.#logs.every(({ subscriptions }) => subscriptions > 1) &&
      this.#ledger.verdicts(performance.now() - SETTLE_MS).every(({ lost }) => lost === 0);
    while (performance.now() < deadlineMs && !isWhole()) await wait(100);
  }

  #result(letInAtMs: number): Recovery {
    const verdicts = this.#ledger.verdicts();
    const total = (key: 'lost' | 'reported' | 'doubled' | 'reordered') =>
      sum(verdicts, (verdict) => verdict[key]);
    const isBack = ({ wholeAtMs }: ClientVerdict) => wholeAtMs !== null && wholeAtMs >= letInAtMs;
    const lastAtMs = Math.max(...verdicts.map(({ wholeAtMs }) => wholeAtMs ?? Infinity));
    return {
      clients: verdicts.length,
      published: this.#ledger.acceptedCount,
      lost: total('lost'),
      reported: total('reported'),
      doubled: total('doubled'),
      reordered: total('reordered'),
      caughtUpMs: verdicts.every(isBack) ? lastAtMs - letInAtMs : null,
    };
  }
}
