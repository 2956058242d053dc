import { ProtocolError } from '@newswire/protocol';
import { getErrorCode } from '@newswire/runtime';
import { ErrorReply } from 'redis';

export function redisIsAway(): ProtocolError {
  return new ProtocolError('internal', 'Redis is away, try again');
}

export function redisRefused(reply: string): ProtocolError {
  return new ProtocolError('internal', `Redis answered: ${reply}`);
}

/** Converts the error of a command to the error for its requester. */
export function toProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const answer = error instanceof ErrorReply ? redisRefused(error.message) : redisIsAway();
  return Object.assign(answer, { cause: error });
}

/** Rejects after the timeout. The request cannot be cancelled and may still take effect. */
export function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timedOut()), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export function timedOut(): ProtocolError {
  return new ProtocolError('internal', 'Redis did not answer in time');
}

/** Redis' own text, if the fault is an error reply or a command's error that a script returned. */
export function replyText(fault: unknown): string | undefined {
  if (typeof fault === 'string') return fault;
  return fault instanceof ErrorReply ? fault.message : undefined;
}

/** Whether the commands reach a replica: their former data set now belongs to another server. */
export function isFromReplica(fault: unknown): boolean {
  return replyText(fault)?.startsWith('READONLY') === true;
}

/**
 * Whether Redis has no memory left: it refuses commands that need memory and executes the others.
 */
export function isOutOfMemory(fault: unknown): boolean {
  return replyText(fault)?.startsWith('OOM') === true;
}

const MAX_REPLY_LENGTH = 200;

/**
 * Describes faults for the log and for `/readyz`: Redis' own text, or the system's error code.
 * Neither contains the host. Some servers repeat the arguments of an unknown command, and the
 * arguments of AUTH include the password: it is removed.
 */
export class FaultText {
  readonly #secrets: readonly string[];

  constructor(redisUrl: string) {
    const { password } = new URL(redisUrl);
    const spellings = password === '' ? [] : [password, decodeURIComponent(password)];
    this.#secrets = spellings.toSorted((a, b) => b.length - a.length);
  }

  /** The reason why Redis cannot be used. */
  ofConnection(error: Error): string {
    if (error instanceof ErrorReply) return this.ofReply(error.message);
    return `Redis is away (${getErrorCode(error) ?? error.constructor.name})`;
  }

  /** `reply`: Redis' own text. */
  ofReply(reply: string): string {
    const text = this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), reply);
    const line = text.replaceAll(/\s+/g, ' ').slice(0, MAX_REPLY_LENGTH);
    return `Redis answered: ${line}`;
  }
}
