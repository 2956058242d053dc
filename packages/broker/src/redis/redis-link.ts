import { createHash } from 'node:crypto';
import { createClient, ErrorReply } from 'redis';
import type { BrokerFault } from '../broker.js';

export interface RedisLinkOptions {
  /** redis:// or rediss://, with whatever password it needs. */
  readonly redisUrl: string;
  /** How long to wait before reconnect try number `attempt` (0, 1, 2…), in ms. */
  readonly reconnectDelayMs: (attempt: number) => number;
  /** Told once each time the state changes: a sentence when Redis is lost, undefined when it is back. */
  readonly onChange?: (fault: BrokerFault) => void;
  /** Told what a listener threw. */
  readonly onListenerFault?: (error: unknown) => void;
}

export type RedisClient = ReturnType<typeof newClient>;

/** Both connections ping this often, and count as lost after this long without an answer. */
const PING_INTERVAL_MS = 2000;
const SILENCE_LIMIT_MS = 5000;

/**
 * A process' two connections to Redis: one for commands, one for subscriptions. Both reconnect for
 * ever. Nothing is queued while they are away: commands fail at once.
 */
export class RedisLink {
  readonly commands: RedisClient;
  readonly subscriber: RedisClient;
  readonly #options: RedisLinkOptions;
  #identity: string | undefined;
  /** As last read; what it says may be over. */
  #dataSet: DataSet | undefined;
  #identityReads = 0;
  #lastError: Error | undefined;
  #wasUp = false;
  readonly #upListeners: (() => void)[] = [];

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.commands = newClient(options);
    this.subscriber = newClient(options);
    for (const client of [this.commands, this.subscriber]) {
      // Without a listener an 'error' event would end the process.
      client.on('error', (error: Error) => this.#update(error));
      client.on('ready', () => this.#update());
      client.connect().catch((error: Error) => this.#update(error));
    }
    for (const event of ['ready', 'error', 'reconnecting', 'end']) {
      this.commands.on(event, () => this.doubtIdentity());
    }
  }

  /** Why Redis can't be used right now, without host or password. */
  get fault(): BrokerFault {
    if (this.#isUp) return undefined;
    return `Redis is away${this.#lastError ? ` (${nameOf(this.#lastError)})` : ''}`;
  }

  /**
   * Names the data set that commands reach: another one after a restart or a failover, although it
   * may hold the same. Undefined from the moment a connection is lost until it was read anew.
   */
  get identity(): string | undefined {
    return this.#identity;
  }

  /** Calls it each time Redis is back, or there at last. */
  onUp(listen: () => void): void {
    this.#upListeners.push(listen);
  }

  /** Something says that commands reach another data set than before: asks which one. */
  doubtIdentity(): void {
    this.#identity = undefined;
    this.#update(this.#lastError);
    void this.#readIdentity(++this.#identityReads, 0);
  }

  /** Told what a listener threw. */
  readonly onListenerFault = (error: unknown): void => this.#options.onListenerFault?.(error);

  /**
   * A subscription's listener that cannot throw: the client library would take what it throws for a
   * fault of the connection, and hear nothing more.
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

  /** Resolves when both connections are closed, the answers still under way received. */
  async close(): Promise<void> {
    await Promise.all([close(this.commands), close(this.subscriber)]);
  }

  get #isUp(): boolean {
    return this.#identity !== undefined && this.commands.isReady && this.subscriber.isReady;
  }

  /** `read` is a number that a later reading makes void. */
  async #readIdentity(read: number, attempt: number): Promise<void> {
    if (read !== this.#identityReads || !this.commands.isReady) return;
    try {
      const dataSet = await this.#readDataSet();
      if (read !== this.#identityReads) return;
      this.#dataSet = dataSet;
      this.#identity = dataSet.identity;
      this.#update();
    } catch (error) {
      if (read !== this.#identityReads) return;
      this.#update(error as Error);
      const again = () => void this.#readIdentity(read, attempt + 1);
      setTimeout(again, this.#options.reconnectDelayMs(attempt)).unref();
    }
  }

  /**
   * Also ends the connection before this one, should Redis still have it: what it has not read of
   * that must not take effect after what comes now.
   */
  async #readDataSet(): Promise<DataSet> {
    const [server, replication, clientId] = await Promise.all([
      this.commands.info('server'),
      this.commands.info('replication'),
      this.commands.clientId(),
    ]);
    const dataSet = dataSetOf(`${server}\n${replication}`, clientId);
    const last = this.#dataSet;
    if (last?.run === dataSet.run && last.clientId !== clientId) {
      // Not every user may do this: that is no reason not to work at all.
      await this.commands.sendCommand(['CLIENT', 'KILL', 'ID', String(last.clientId)]).catch(pass);
    }
    return dataSet;
  }

  #update(error?: Error): void {
    this.#lastError = error;
    const isUp = this.#isUp;
    if (isUp === this.#wasUp) return;
    this.#wasUp = isUp;
    this.#options.onChange?.(this.fault);
    if (isUp) for (const listen of this.#upListeners) listen();
  }
}

function newClient({ redisUrl, reconnectDelayMs }: RedisLinkOptions) {
  return createClient({
    url: redisUrl,
    RESP: 2,
    disableOfflineQueue: true,
    pingInterval: PING_INTERVAL_MS,
    // Only for commands that wait to be written, which the socket's time limit is there for. Each
    // makes an AbortSignal, whose exception is made seconds after the answer has come.
    commandOptions: { timeout: 0 },
    socket: {
      connectTimeout: SILENCE_LIMIT_MS,
      socketTimeout: SILENCE_LIMIT_MS,
      reconnectStrategy: reconnectDelayMs,
    },
  });
}

/** What commands reach. */
interface DataSet {
  readonly identity: string;
  /** The server process; its clients' numbers mean nothing in another. */
  readonly run: string;
  readonly clientId: number;
}

/** A process' run changes with every restart, a replication id with every failover. */
function dataSetOf(info: string, clientId: number): DataSet {
  const run = /^run_id:(\w+)/m.exec(info)?.[1];
  const replication = /^master_replid:(\w+)/m.exec(info)?.[1];
  if (run === undefined || replication === undefined) throw new Error('INFO names no data set');
  const hash = createHash('sha1').update(`${run}:${replication}`).digest('base64url');
  return { identity: hash.slice(0, 12), run, clientId };
}

/** An answer that says no will do; a connection that is lost will not. */
function pass(error: unknown): void {
  if (!(error instanceof ErrorReply)) throw error;
}

async function close(client: RedisClient): Promise<void> {
  if (client.isReady) await client.close();
  else client.destroy();
}

/** ECONNREFUSED and the like; messages may hold addresses. */
function nameOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? error.constructor.name;
}
