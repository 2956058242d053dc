import type { Logger } from '@newswire/runtime';

/** The minimum time between two log lines on one topic. */
const INTERVAL_MS = 10_000;

/** Fields of a log line, such as client, user, channel and err. */
export type LogFields = Readonly<Record<string, unknown>>;

type Level = 'debug' | 'warn' | 'error';

interface Topic {
  nextMs: number;
  /** Lines that were left out since the last one. */
  omitted: number;
}

/**
 * Logs events that clients can cause: at most one line on each topic in ten seconds. A line that
 * follows others that were left out has their number as `omitted`. Topics are fixed words, never a
 * client's text. Each method returns whether it logged.
 */
export class BoundedLog {
  readonly #logger: Pick<Logger, Level | 'info'>;
  readonly #now: () => number;
  readonly #topics = new Map<string, Topic>();

  /** `now`: in ms, from any clock that never goes back. */
  constructor(logger: Pick<Logger, Level | 'info'>, now: () => number) {
    this.#logger = logger;
    this.#now = now;
  }

  debug(topic: string, message: string, fields: LogFields = {}): boolean {
    return this.#log('debug', topic, message, fields);
  }

  warn(topic: string, message: string, fields: LogFields = {}): boolean {
    return this.#log('warn', topic, message, fields);
  }

  error(topic: string, message: string, fields: LogFields = {}): boolean {
    return this.#log('error', topic, message, fields);
  }

  /** Logs nothing on the topic for ten seconds. */
  postpone(topic: string): void {
    this.#topics.set(topic, { nextMs: this.#now() + INTERVAL_MS, omitted: 0 });
  }

  /**
   * Returns a callback that logs when the circuit breaker of `name` opens. It logs that the breaker
   * closes only if it logged the opening.
   */
  breakerReports(name: string): (isOpen: boolean, message: string) => void {
    let isReported = false;
    return (isOpen, message) => {
      if (isOpen) isReported = this.warn(`${name} breaker`, message) || isReported;
      else if (isReported) {
        isReported = false;
        this.#logger.info(message);
      }
    };
  }

  #log(level: Level, name: string, message: string, fields: LogFields): boolean {
    const nowMs = this.#now();
    const topic = this.#topics.get(name) ?? { nextMs: -Infinity, omitted: 0 };
    this.#topics.set(name, topic);
    if (nowMs < topic.nextMs) {
      topic.omitted++;
      return false;
    }
    const { omitted } = topic;
    topic.nextMs = nowMs + INTERVAL_MS;
    topic.omitted = 0;
    this.#logger[level](omitted === 0 ? fields : { ...fields, omitted }, message);
    return true;
  }
}
