import { until } from '@newswire/testkit';

/** An event of a client; see driver.js and driver.py. */
export interface ClientEvent {
  readonly event: string;
  readonly channel?: string | null;
  readonly code?: number | null;
  readonly data?: unknown;
  readonly offset?: number | null;
  readonly recovered?: boolean | null;
  readonly wasRecovering?: boolean | null;
}

export interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A command to a driver: its method and what else the method takes. */
export interface DriverCommand {
  readonly method: string;
  readonly [parameter: string]: unknown;
}

/** An unmodified client library in a program of its own, and everything that it has told. */
export class DrivenClient {
  readonly events: ClientEvent[] = [];
  readonly #send: (command: DriverCommand) => Promise<Answer>;
  readonly #stop: () => Promise<void>;

  /** `send` hands a command over, `stop` ends the program. */
  constructor(send: (command: DriverCommand) => Promise<Answer>, stop: () => Promise<void>) {
    this.#send = send;
    this.#stop = stop;
  }

  /** Resolves with a command's result; rejects with what the library refused it with. */
  async ask(method: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const { result, error } = await this.#send({ method, ...parameters });
    if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
    return result;
  }

  /** The events of this name so far, of one channel if one is named. */
  told(event: string, channel?: string): ClientEvent[] {
    return this.events.filter(
      (each) => each.event === event && (channel === undefined || each.channel === channel),
    );
  }

  /** Resolves with the nth event of this name. */
  async tells(event: string, channel?: string, nth = 1): Promise<ClientEvent> {
    return until(`${event} ${nth}`, () => this.told(event, channel)[nth - 1]).catch(
      (error: Error) => {
        const last = JSON.stringify(this.events.slice(-5));
        throw new Error(`${error.message}; last told: ${last}`);
      },
    );
  }

  /** Resolves with all data of a channel once there are so many publications of it. */
  async received(channel: string, count: number): Promise<unknown[]> {
    await this.tells('publication', channel, count);
    return this.told('publication', channel).map(({ data }) => data);
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}
