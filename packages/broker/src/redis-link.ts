import { createClient } from 'redis';
import type { BrokerFault } from './broker.js';

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
  readonly #onChange: (fault: BrokerFault) => void;
  readonly #onListenerFault: (error: unknown) => void;
  #lastError: Error | undefined;
  #wasUp = false;

  constructor(options: RedisLinkOptions) {
    this.#onChange = options.onChange ?? (() => undefined);
    this.#onListenerFault = options.onListenerFault ?? (() => undefined);
    this.commands = newClient(options);
    this.subscriber = newClient(options);
    for (const client of [this.commands, this.subscriber]) {
      // Without a listener an 'error' event would end the process.
      client.on('error', (error: Error) => this.#update(error));
      client.on('ready', () => this.#update());
      client.connect().catch((error: Error) => this.#update(error));
    }
  }

  /** Why Redis can't be used right now, without host or password. */
  fault(): BrokerFault {
    if (this.#isUp) return undefined;
    return `Redis is away${this.#lastError ? ` (${nameOf(this.#lastError)})` : ''}`;
  }

  /**
   * A subscription's listener that cannot throw: the client library would take what it throws for a
   * fault of the connection, and hear nothing more.
   */
  guarded(listen: (message: string, topic: string) => void) {
    return (message: string, topic: string): void => {
      try {
        listen(message, topic);
      } catch (error) {
        this.#onListenerFault(error);
      }
    };
  }

  /** Resolves when both connections are closed, the answers still under way received. */
  async close(): Promise<void> {
    await Promise.all([close(this.commands), close(this.subscriber)]);
  }

  get #isUp(): boolean {
    return this.commands.isReady && this.subscriber.isReady;
  }

  #update(error?: Error): void {
    this.#lastError = error;
    const isUp = this.#isUp;
    if (isUp !== this.#wasUp) this.#onChange(this.fault());
    this.#wasUp = isUp;
  }
}

function newClient({ redisUrl, reconnectDelayMs }: RedisLinkOptions) {
  return createClient({
    url: redisUrl,
    RESP: 2,
    disableOfflineQueue: true,
    pingInterval: PING_INTERVAL_MS,
    socket: {
      connectTimeout: SILENCE_LIMIT_MS,
      socketTimeout: SILENCE_LIMIT_MS,
      reconnectStrategy: reconnectDelayMs,
    },
  });
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
