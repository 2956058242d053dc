import { createHash } from 'node:crypto';
import { createClient, ErrorReply, SocketClosedUnexpectedlyError } from 'redis';
import type { BrokerFault } from '@newswire/broker';
import { checkCommands, checkTopics, RedisCheck } from './redis-check.js';
import { FaultText, isFromReplica, isOutOfMemory, replyText } from './redis-faults.js';
import { RedisNames } from './redis-names.js';
import { readRedisTls, type RedisTls, type RedisTlsFiles } from './redis-tls.js';

export interface RedisLinkOptions extends RedisTlsFiles {
  /** redis:// or rediss://, including the password if one is needed. */
  readonly redisUrl: string;
  /** See RedisNames. */
  readonly redisPrefix?: string | undefined;
  /** The delay before reconnect attempt number `attempt` (0, 1, 2…), in ms. */
  readonly reconnectDelayMs: (attempt: number) => number;
  /**
   * A full Redis is not a fault: the work of this process continues nearly unchanged. The refusals
   * are logged nevertheless.
   */
  readonly toleratesFullRedis?: boolean;
  /**
   * Called with each fault, repeatedly while it persists, and with undefined once there is none.
   */
  readonly onChange?: (fault: BrokerFault) => void;
  /** Called with a sentence about a problem that does not stop newswire but may lose data. */
  readonly onWarning?: (sentence: string) => void;
  /** Called with each error that a listener threw. */
  readonly onListenerFault?: (error: unknown) => void;
}

export type RedisClient = ReturnType<typeof newClient>;

/**
 * Both connections ping this often. A connection counts as lost after this time without an answer.
 */
const PING_INTERVAL_MS = 2000;
const SILENCE_LIMIT_MS = 5000;

/**
 * A process' two connections to Redis: one for commands, one for subscriptions. Both reconnect
 * without end. Nothing is queued while they are away: commands fail immediately.
 */
export class RedisLink {
  readonly names: RedisNames;
  readonly commands: RedisClient;
  readonly subscriber: RedisClient;
  readonly #options: RedisLinkOptions;
  #identity: string | undefined;
  /** The data set as last read. It may be outdated. */
  #dataSet: DataSet | undefined;
  #identityReads = 0;
  readonly #faultText: FaultText;
  readonly #checks: readonly RedisCheck[];
  /** The last error of each. */
  readonly #errors: { commands?: Error; subscriber?: Error; identity?: Error } = {};
  #wasUp = false;
  #wasFaulty = true;
  readonly #upListeners: (() => void)[] = [];

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#faultText = new FaultText(options.redisUrl);
    this.names = new RedisNames(options.redisUrl, options.redisPrefix);
    const tls = readRedisTls(options.redisUrl, options);
    this.commands = newClient(options, tls);
    this.subscriber = newClient(options, tls);
    this.#checks = [
      this.#newCheck(() =>
        checkCommands(this.commands, this.names, (sentence) => options.onWarning?.(sentence)),
      ),
      this.#newCheck(() => checkTopics(this.subscriber, this.names)),
    ];
    this.#watch('commands', this.#checks[0]);
    this.#watch('subscriber', this.#checks[1]);
    for (const event of ['ready', 'error', 'reconnecting', 'end']) {
      this.commands.on(event, () => this.doubtIdentity());
    }
  }

  /** Why Redis cannot be used as newswire needs it, in Redis' own words if there are any. */
  get fault(): BrokerFault {
    const cause = this.#cause;
    if (cause !== undefined) return cause;
    if (!this.#isUp) return 'Redis is away';
    if (this.#checks.every((check) => check.isDone)) return undefined;
    return 'the check of the commands that Redis permits has not finished';
  }

  /**
   * Names the data set that commands reach. It changes with a restart or a failover, even if the
   * content is the same. Undefined from the loss of a connection until it has been read again.
   */
  get identity(): string | undefined {
    return this.#identity;
  }

  /** Calls `listen` each time Redis is available, for the first time or again. */
  onUp(listen: () => void): void {
    this.#upListeners.push(listen);
  }

  /** Called when commands may reach another data set than before: reads the identity again. */
  doubtIdentity(): void {
    this.#identity = undefined;
    this.#update();
    void this.#readIdentity(++this.#identityReads, 0);
  }

  /**
   * Handles the errors of commands, and the errors that scripts returned as results: logs Redis'
   * own text and checks whether the cause belongs in `fault`.
   */
  handleRefusals(faults: readonly unknown[]): void {
    for (const fault of faults) {
      const reply = replyText(fault);
      if (reply === undefined) continue;
      this.#options.onWarning?.(this.#faultText.ofReply(reply));
      for (const check of this.#checks) check.suspect();
      if (isFromReplica(fault)) this.doubtIdentity();
    }
  }

  /** Called with each error that a listener threw. */
  readonly onListenerFault = (error: unknown): void => this.#options.onListenerFault?.(error);

  /**
   * Wraps a subscription's listener so that it cannot throw: the client library would take the
   * error for a fault of the connection, and would deliver no more messages.
   */
  guarded(listen: (message: string, topic: string) => void) {
    return (message: string, topic: string): void => {
      try {
        listen(message, topic);
      } catch (error) {
        this.onListenerFault(error);
      }
    };
  }

  /** Resolves when both connections are closed and the outstanding answers have been received. */
  async close(): Promise<void> {
    await Promise.all([close(this.commands), close(this.subscriber)]);
  }

  /**
   * The known fault. The fact that a connection was closed is the least informative one and comes
   * last.
   */
  get #cause(): string | undefined {
    const { identity, commands, subscriber } = this.#errors;
    const errors = [identity, commands, subscriber].filter((error) => error !== undefined);
    const telling = errors.find((error) => !(error instanceof SocketClosedUnexpectedlyError));
    if (telling !== undefined) return this.#faultText.ofConnection(telling);
    const refusal = this.#checks.find((check) => check.refusal !== undefined)?.refusal;
    if (refusal !== undefined) return this.#faultText.ofReply(refusal);
    return errors[0] && this.#faultText.ofConnection(errors[0]);
  }

  get #isUp(): boolean {
    return this.#identity !== undefined && this.commands.isReady && this.subscriber.isReady;
  }

  /** `read` is the number of this read. A later read invalidates it. */
  async #readIdentity(read: number, attempt: number): Promise<void> {
    if (read !== this.#identityReads || !this.commands.isReady) return;
    try {
      const dataSet = await this.#readDataSet();
      if (read !== this.#identityReads) return;
      this.#dataSet = dataSet;
      this.#identity = dataSet.identity;
      delete this.#errors.identity;
      this.#update();
    } catch (error) {
      if (read !== this.#identityReads) return;
      this.#errors.identity = error as Error;
      this.#update();
      const again = () => void this.#readIdentity(read, attempt + 1);
      setTimeout(again, this.#options.reconnectDelayMs(attempt)).unref();
    }
  }

  /**
   * Also kills the previous connection if Redis still has it: commands on it that Redis has not
   * read must not take effect after the commands on this connection.
   */
  async #readDataSet(): Promise<DataSet> {
    const [server, replication, memory, clientId] = await Promise.all([
      this.commands.info('server'),
      this.commands.info('replication'),
      this.commands.info('memory'),
      this.commands.clientId(),
    ]);
    const dataSet = parseDataSet(`${server}\n${replication}`, clientId);
    this.#warnOfEviction(memory);
    const last = this.#dataSet;
    if (last?.run === dataSet.run && last.clientId !== clientId) {
      // Not every Redis user may do this. newswire works without it.
      await this.commands.sendCommand(['CLIENT', 'KILL', 'ID', String(last.clientId)]).catch(pass);
    }
    return dataSet;
  }

  #warnOfEviction(memory: string): void {
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
    if (policy === undefined || policy === 'noeviction') return;
    this.#options.onWarning?.(
      `Redis may evict logs: its maxmemory-policy is ${policy}, set it to noeviction`,
    );
  }

  #newCheck(tryAll: () => Promise<void>): RedisCheck {
    return new RedisCheck({
      tryAll,
      tolerates: (fault) => this.#options.toleratesFullRedis === true && isOutOfMemory(fault),
      delayMs: this.#options.reconnectDelayMs,
      onResult: () => this.#update(),
    });
  }

  #watch(name: 'commands' | 'subscriber', check: RedisCheck | undefined): void {
    const client = this[name];
    const handleError = (error: Error) => {
      // An error on a ready connection: Redis has refused a ping.
      if (client.isReady) return this.handleRefusals([error]);
      this.#errors[name] = error;
      // The error of the last identity read can only explain why the connection was closed.
      if (!(error instanceof SocketClosedUnexpectedlyError)) delete this.#errors.identity;
      this.#update();
    };
    // Without a listener, an 'error' event would end the process.
    client.on('error', handleError);
    client.on('ready', () => {
      delete this.#errors[name];
      check?.start();
      this.#update();
    });
    client.connect().catch(handleError);
  }

  #update(): void {
    const { fault } = this;
    // A connection that is being established is not a fault yet.
    const isKnown = this.#cause !== undefined;
    if (fault === undefined ? this.#wasFaulty : isKnown) this.#options.onChange?.(fault);
    this.#wasFaulty = fault !== undefined;
    const isUp = this.#isUp;
    if (isUp === this.#wasUp) return;
    this.#wasUp = isUp;
    if (isUp) for (const listen of this.#upListeners) listen();
  }
}

function newClient({ redisUrl, reconnectDelayMs }: RedisLinkOptions, tls: RedisTls | undefined) {
  return createClient({
    url: redisUrl,
    RESP: 2,
    disableOfflineQueue: true,
    pingInterval: PING_INTERVAL_MS,
    // The client library ignores the errors of these commands, including "max number of clients
    // reached".
    disableClientInfo: true,
    // No command timeout: it applies only to commands that wait to be written, and the socket
    // timeout covers these. Each one creates an AbortSignal, whose exception is created seconds
    // after the answer arrived.
    commandOptions: { timeout: 0 },
    socket: {
      ...tls,
      connectTimeout: SILENCE_LIMIT_MS,
      socketTimeout: SILENCE_LIMIT_MS,
      reconnectStrategy: reconnectDelayMs,
    },
  });
}

/** The data set that commands reach. */
interface DataSet {
  readonly identity: string;
  /** The server process. Its client ids mean nothing in another process. */
  readonly run: string;
  readonly clientId: number;
}

/** The run id changes with every restart, the replication id with every failover. */
function parseDataSet(info: string, clientId: number): DataSet {
  const run = /^run_id:(\w+)/m.exec(info)?.[1];
  const replication = /^master_replid:(\w+)/m.exec(info)?.[1];
  if (run === undefined || replication === undefined)
    throw new Error('INFO does not identify the data set');
  const hash = createHash('sha1').update(`${run}:${replication}`).digest('base64url');
  return { identity: hash.slice(0, 12), run, clientId };
}

/** Ignores an error reply of Redis, but not a lost connection. */
function pass(error: unknown): void {
  if (!(error instanceof ErrorReply)) throw error;
}

async function close(client: RedisClient): Promise<void> {
  if (client.isReady) await client.close();
  else client.destroy();
}
