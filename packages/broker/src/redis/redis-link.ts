import { createHash } from 'node:crypto';
import { createClient, ErrorReply, SocketClosedUnexpectedlyError } from 'redis';
import type { BrokerFault } from '../broker.js';
import { checkCommands, checkTopics, RedisCheck } from './redis-check.js';
import { FaultText, isFromReplica, isOutOfMemory, replyText } from './redis-faults.js';
import { RedisNames } from './redis-names.js';

export interface RedisLinkOptions {
  /** redis:// or rediss://, with whatever password it needs. */
  readonly redisUrl: string;
  /** See RedisNames. */
  readonly redisPrefix?: string | undefined;
  /** How long to wait before reconnect try number `attempt` (0, 1, 2…), in ms. */
  readonly reconnectDelayMs: (attempt: number) => number;
  /**
   * A full Redis makes no fault: what this process has to do goes on nearly as before. Its refusals are
   * logged nevertheless.
   */
  readonly toleratesFullRedis?: boolean;
  /** Called with each fault, again and again while it stays, and with undefined once there is none. */
  readonly onChange?: (fault: BrokerFault) => void;
  /** Called with a sentence about what does not stop newswire, but may cost it something. */
  readonly onWarning?: (sentence: string) => void;
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
  readonly names: RedisNames;
  readonly commands: RedisClient;
  readonly subscriber: RedisClient;
  readonly #options: RedisLinkOptions;
  #identity: string | undefined;
  /** As last read; what it says may be over. */
  #dataSet: DataSet | undefined;
  #identityReads = 0;
  readonly #faultText: FaultText;
  readonly #checks: readonly RedisCheck[];
  /** Why each of them failed last. */
  readonly #errors: { commands?: Error; subscriber?: Error; identity?: Error } = {};
  #wasUp = false;
  #wasFaulty = true;
  readonly #upListeners: (() => void)[] = [];

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#faultText = new FaultText(options.redisUrl);
    this.names = new RedisNames(options.redisUrl, options.redisPrefix);
    this.commands = newClient(options);
    this.subscriber = newClient(options);
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

  /** Why Redis can't be used as it has to be, in Redis' own words where there are some. */
  get fault(): BrokerFault {
    const cause = this.#cause;
    if (cause !== undefined) return cause;
    if (!this.#isUp) return 'Redis is away';
    if (this.#checks.every((check) => check.isDone)) return undefined;
    return 'Redis has not answered yet whether it permits all that is needed';
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
    this.#update();
    void this.#readIdentity(++this.#identityReads, 0);
  }

  /**
   * Takes note of what commands rejected with, or what scripts answered instead of a result: logs
   * Redis' own text, and finds out whether the cause is one for `fault`.
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

  /** Told what a listener threw. */
  readonly onListenerFault = (error: unknown): void => this.#options.onListenerFault?.(error);

  /**
   * A subscription's listener that cannot throw: the client library would take what it throws for a
   * fault of the connection, and receive nothing more.
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

  /** The fault that is known. That a connection was closed says the least of all. */
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

  /** `read` is a number that a later reading makes void. */
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
   * Also ends the connection before this one, should Redis still have it: what it has not read of
   * that must not take effect after what comes now.
   */
  async #readDataSet(): Promise<DataSet> {
    const [server, replication, memory, clientId] = await Promise.all([
      this.commands.info('server'),
      this.commands.info('replication'),
      this.commands.info('memory'),
      this.commands.clientId(),
    ]);
    const dataSet = dataSetOf(`${server}\n${replication}`, clientId);
    this.#warnOfEviction(memory);
    const last = this.#dataSet;
    if (last?.run === dataSet.run && last.clientId !== clientId) {
      // Not every user may do this: that is no reason not to work at all.
      await this.commands.sendCommand(['CLIENT', 'KILL', 'ID', String(last.clientId)]).catch(pass);
    }
    return dataSet;
  }

  #warnOfEviction(memory: string): void {
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
    if (policy === undefined || policy === 'noeviction') return;
    this.#options.onWarning?.(
      `Redis may throw away what newswire needs: set its maxmemory-policy to noeviction, it is ${policy}`,
    );
  }

  #newCheck(ask: () => Promise<void>): RedisCheck {
    return new RedisCheck({
      ask,
      tolerates: (fault) => this.#options.toleratesFullRedis === true && isOutOfMemory(fault),
      delayMs: this.#options.reconnectDelayMs,
      onResult: () => this.#update(),
    });
  }

  #watch(name: 'commands' | 'subscriber', check: RedisCheck | undefined): void {
    const client = this[name];
    const handleError = (error: Error) => {
      // An error on a connection that stands: Redis has refused a ping.
      if (client.isReady) return this.handleRefusals([error]);
      this.#errors[name] = error;
      // What was answered on the connection before tells why it was closed, and nothing else.
      if (!(error instanceof SocketClosedUnexpectedlyError)) delete this.#errors.identity;
      this.#update();
    };
    // Without a listener an 'error' event would end the process.
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
    // A connection that is being made is no fault yet.
    const isKnown = this.#cause !== undefined;
    if (fault === undefined ? this.#wasFaulty : isKnown) this.#options.onChange?.(fault);
    this.#wasFaulty = fault !== undefined;
    const isUp = this.#isUp;
    if (isUp === this.#wasUp) return;
    this.#wasUp = isUp;
    if (isUp) for (const listen of this.#upListeners) listen();
  }
}

function newClient({ redisUrl, reconnectDelayMs }: RedisLinkOptions) {
  return createClient({
    url: redisUrl,
    RESP: 2,
    disableOfflineQueue: true,
    pingInterval: PING_INTERVAL_MS,
    // The client library ignores what these commands are answered, "max number of clients reached" too.
    disableClientInfo: true,
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
