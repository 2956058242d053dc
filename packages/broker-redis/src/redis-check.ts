import type { RedisClientType } from 'redis';
import { performance } from 'node:perf_hooks';
import { replyText } from './redis-faults.js';
import type { RedisNames } from './redis-names.js';
import { RedisScript } from './redis-script.js';

/** Topics that only the checks use: no channel has an empty name. */
const topicsToCheck = (names: RedisNames): readonly string[] => [
  names.topic(''),
  names.presenceTopic(''),
  names.replyTopic('check'),
];

type Client = Pick<
  RedisClientType,
  | 'sendCommand'
  | 'clientId'
  | 'multi'
  | 'subscribe'
  | 'unsubscribe'
  | 'ping'
  | 'publish'
  | 'pubSubNumSub'
>;

const SCRIPT = new RedisScript('check.lua');

/**
 * Sends each command that newswire uses. Rejects with Redis' own error. If every command succeeds,
 * no key is left in Redis. Calls `onWarning` if Redis refuses an optional command.
 */
export async function checkCommands(
  client: Client,
  names: RedisNames,
  onWarning: (sentence: string) => void,
): Promise<void> {
  const controlTopic = names.getControlTopic('check');
  await client.ping();
  await client.sendCommand(['EVAL', 'return 1', '0']);
  const keys = [`${names.topic('')}:check`, names.emptyEpochKey];
  await SCRIPT.run(client, keys, [names.topic('')]);
  for (const topic of [...topicsToCheck(names), controlTopic]) await client.publish(topic, '');
  await client.pubSubNumSub([controlTopic]);
  await client.multi().ping().exec();
  await checkClientKill(client, onWarning);
}

/** Checks the permission for CLIENT KILL. It ends no connection: SKIPME excludes its own. */
async function checkClientKill(
  client: Client,
  onWarning: (sentence: string) => void,
): Promise<void> {
  const id = String(await client.clientId());
  try {
    await client.sendCommand(['CLIENT', 'KILL', 'ID', id, 'SKIPME', 'yes']);
  } catch (error) {
    if (replyText(error) === undefined) throw error;
    onWarning(
      'Redis does not permit CLIENT KILL: a request of a lost connection may take effect after later ones',
    );
  }
}

// Always the same function: by it the client library knows what is subscribed, even if Redis refused
// to end the subscription.
const ignore = (): void => undefined;

/** The same check for the connection that subscribes. */
export async function checkTopics(client: Client, names: RedisNames): Promise<void> {
  for (const topic of topicsToCheck(names)) {
    await client.subscribe(topic, ignore);
    await client.unsubscribe(topic, ignore);
  }
}

export interface RedisCheckOptions {
  /** Rejects with Redis' own error, or because the connection is lost. */
  readonly tryAll: () => Promise<void>;
  /** Whether newswire works in spite of this fault. */
  readonly tolerates: (fault: unknown) => boolean;
  /** The delay before the next check, after `attempt` refusals (0, 1, 2…), in ms. */
  readonly delayMs: (attempt: number) => number;
  readonly onResult: () => void;
}

/** The minimum time between two checks that are caused by refused commands. */
const SUSPICION_INTERVAL_MS = 1000;

/**
 * Checks whether Redis executes all commands that newswire needs: on each new connection, then
 * again until it does.
 */
export class RedisCheck {
  readonly #options: RedisCheckOptions;
  #refusal: string | undefined;
  #isDone = false;
  /** The number of the current run. A later run invalidates this one. */
  #run = 0;
  /** A check is running or scheduled. */
  #isPending = false;
  #lastMs = -Infinity;

  constructor(options: RedisCheckOptions) {
    this.#options = options;
  }

  /** Whether a check has finished, on any connection. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Redis' own error text in the last finished check. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Starts a check on a new connection. A check on the previous connection becomes invalid. */
  start(): void {
    void this.#request(++this.#run, 0);
  }

  /** Redis refused a command: checks again, once a second at most. */
  suspect(): void {
    if (this.#isPending) return;
    this.#askLater(this.#lastMs + SUSPICION_INTERVAL_MS - performance.now(), ++this.#run, 0);
  }

  async #request(run: number, attempt: number): Promise<void> {
    if (run !== this.#run) return;
    this.#isPending = true;
    const fault = await this.#options.tryAll().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (run !== this.#run) return;
    const refusal = replyText(fault);
    this.#isPending = false;
    this.#lastMs = performance.now();
    // Without a reply, the connection is lost; the next connection starts a new check.
    if (fault !== undefined && refusal === undefined) return;
    const isTolerated = this.#options.tolerates(fault);
    this.#refusal = isTolerated ? undefined : refusal;
    this.#isDone = true;
    this.#options.onResult();
    if (refusal !== undefined) this.#askLater(this.#options.delayMs(attempt), run, attempt + 1);
  }

  #askLater(delayMs: number, run: number, attempt: number): void {
    this.#isPending = true;
    setTimeout(() => void this.#request(run, attempt), Math.max(0, delayMs)).unref();
  }
}
