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

/** Commands reach a replica: the data set that they had is another's now. */
export function isFromReplica(fault: unknown): boolean {
  const reply = fault instanceof ErrorReply ? fault.message : fault;
  return typeof reply === 'string' && reply.startsWith('READONLY');
}
