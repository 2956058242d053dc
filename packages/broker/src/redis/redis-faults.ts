import { ProtocolError } from '@newswire/protocol';
import { ErrorReply } from 'redis';

export function redisIsAway(): ProtocolError {
  return new ProtocolError('internal', 'Redis is away, try again');
}

export function redisRefused(reply: string): ProtocolError {
  return new ProtocolError('internal', `Redis answered: ${reply}`);
}

/** What a command rejected with, as an answer to whoever asked for it. */
export function toProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const answer = error instanceof ErrorReply ? redisRefused(error.message) : redisIsAway();
  return Object.assign(answer, { cause: error });
}

/** Rejects when time is up. The request may still take effect: it can't be called back. */
export function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timedOut()), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export function timedOut(): ProtocolError {
  return new ProtocolError('internal', 'Redis did not answer in time');
}

/** Redis' own text, if the fault is an error reply, or one command's error that a script returned. */
export function replyText(fault: unknown): string | undefined {
  if (typeof fault === 'string') return fault;
  return fault instanceof ErrorReply ? fault.message : undefined;
}

/** Commands reach a replica: the data set that they had is another's now. */
export function isFromReplica(fault: unknown): boolean {
  return replyText(fault)?.startsWith('READONLY') === true;
}

/** Redis has no memory left: it refuses what needs some, and still answers the rest. */
export function isOutOfMemory(fault: unknown): boolean {
  return replyText(fault)?.startsWith('OOM') === true;
}

const MAX_REPLY_LENGTH = 200;

/**
 * Describes faults for the log and for `/readyz`: Redis' own text, or the system's error code. Neither
 * names the host. Some servers repeat the arguments of a command that they do not know, and AUTH has
 * the password among them: it is taken out.
 */
export class FaultText {
  readonly #secrets: readonly string[];

  constructor(redisUrl: string) {
    const { password } = new URL(redisUrl);
    const spellings = password === '' ? [] : [password, decodeURIComponent(password)];
    this.#secrets = spellings.toSorted((a, b) => b.length - a.length);
  }

  /** Why Redis cannot be used. */
  ofConnection(error: Error): string {
    if (error instanceof ErrorReply) return this.ofReply(error.message);
    const { code } = error as NodeJS.ErrnoException;
    return `Redis is away (${code ?? error.constructor.name})`;
  }

  /** `reply`: Redis' own text. */
  ofReply(reply: string): string {
    const text = this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), reply);
    const line = text.replaceAll(/\s+/g, ' ').slice(0, MAX_REPLY_LENGTH);
    return `Redis answered: ${line}`;
  }
}
