import { ProtocolError } from '@newswire/protocol';
import type { NamespaceOptions } from '@newswire/runtime';
import {
  type Access,
  ANONYMOUS,
  type ConnectRequest,
  type Credentials,
  PLAIN_GRANT,
  type SubscribeAttempt,
  type SubscribeGrant,
} from '../../src/access/access.js';
import { OPEN_NAMESPACE } from './open-access.js';

type Answer<Result> = Result | Promise<Result>;

/** ReplyBatch by the token that a client gives: what is not listed is refused with 101 or 103. */
export class ScriptedAccess implements Access {
  readonly connects: ConnectRequest[] = [];
  readonly attempts: SubscribeAttempt[] = [];
  readonly credentials: Record<string, Answer<Partial<Credentials>> | Error> = { '': {} };
  readonly grants: Record<string, Answer<SubscribeGrant> | Error> = { '': PLAIN_GRANT };

  async connect(request: ConnectRequest): Promise<Credentials> {
    this.connects.push(request);
    return this.#verifyToken(request.token);
  }

  async refresh(_: string, { user }: Credentials, token: string): Promise<Credentials> {
    return { ...(await this.#verifyToken(token)), user };
  }

  subscribe(attempt: SubscribeAttempt): Answer<SubscribeGrant> {
    this.attempts.push(attempt);
    const answer = this.#answerSubscribe(attempt);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  subRefresh(attempt: SubscribeAttempt): Promise<SubscribeGrant> {
    return settle(this.#answerSubscribe(attempt));
  }

  #answerSubscribe({ token }: SubscribeAttempt): Answer<SubscribeGrant> | Error {
    return this.grants[token] ?? new ProtocolError('permissionDenied');
  }

  async #verifyToken(token: string): Promise<Credentials> {
    const answer = this.credentials[token] ?? new ProtocolError('unauthorized');
    return { ...ANONYMOUS, ...(await settle(answer)) };
  }
}

async function settle<Result>(answer: Answer<Result> | Error): Promise<Result> {
  if (answer instanceof Error) throw answer;
  return answer;
}

/** The options of channels by their namespaces: what is not said is as in an open one. */
export function buildOptions(namespaces: Record<string, Partial<NamespaceOptions>>) {
  const known = new Map<string, NamespaceOptions>();
  return (channel: string): NamespaceOptions => {
    const [namespace = ''] = channel.split(':');
    const options = known.get(namespace) ?? { ...OPEN_NAMESPACE, ...namespaces[namespace] };
    known.set(namespace, options);
    return options;
  };
}
