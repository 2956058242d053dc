import {
  checkChannelOrWildcard,
  FROM_NOW,
  ProtocolError,
  type Position,
  type SubscribeRequest,
  type SubscriptionStart,
  type UnsubscribeKind,
} from '@newswire/protocol';
import type { Access, SubscribeGrant } from '../access/access.js';
import type { Hub } from '../channel/hub.js';
import { REPLY_BYTES, startBytes } from './message-size.js';
import { PendingConnect } from './pending-connect.js';
import type { Session } from './session.js';
import type { Expiry } from './expiry.js';
import { TermsOf, type OptionsOf } from './terms-of.js';

export interface SessionSubscriptionsOptions {
  readonly hub: Pick<Hub, 'subscribe' | 'unsubscribe'>;
  readonly access: Pick<Access, 'subscribe'>;
  readonly optionsOf: OptionsOf;
  readonly expiry: Expiry;
  readonly maxChannelsPerSession: number;
  /** How many UTF-8 bytes a connect reply may have. */
  readonly maxMessageBytes: number;
}

/** A subscribe command that access is asked about, and what is still wanted of it. */
export interface Attempt {
  readonly id: number;
  readonly wanted: Map<string, SubscribeRequest>;
}

type Answer = SubscribeGrant | Promise<SubscribeGrant>;

function isPromise(answer: Answer): answer is Promise<SubscribeGrant> {
  return answer instanceof Promise;
}

/** How sessions come onto channels, by their own will or the server's, and leave them. */
export class SessionSubscriptions {
  readonly #options: SessionSubscriptionsOptions;
  readonly #terms: TermsOf;

  constructor(options: SessionSubscriptionsOptions) {
    this.#options = options;
    this.#terms = new TermsOf(options.optionsOf);
  }

  /**
   * All of the channels or none: a refused command changes nothing. Where nobody has to be asked it
   * is done when this returns. Throws ProtocolError, and rejects with what access does.
   */
  subscribe(
    session: Session,
    id: number,
    requests: readonly SubscribeRequest[],
  ): undefined | Promise<void> {
    const added = requests.filter(({ channel }) => !this.#has(session, channel));
    if (session.wire.hasPositions && added.length < requests.length) {
      throw new ProtocolError('alreadySubscribed');
    }
    this.#checkCount(session, added.length);
    const answers = this.#ask(session, added);
    if (answers.some(isPromise)) return this.#await(session, id, added, answers);
    this.#addAll(session, id, added, answers as SubscribeGrant[]);
    return undefined;
  }

  /** Those that had not begun are refused, so that every command has its answer. */
  unsubscribe(session: Session, channel: string): void {
    this.#forgetAttempt(session, channel);
    const subscription = session.subscriptions.get(channel);
    if (subscription === undefined) return;
    session.subscriptions.delete(channel);
    const { state, commandId } = subscription;
    this.#options.hub.unsubscribe(subscription);
    if (state === 'waiting' && commandId !== 0) session.refuse(commandId, endedMeanwhile());
  }

  /** What the server subscribes a client to before it is told that it is connected. */
  async open(
    session: Session,
    id: number,
    subs: Readonly<Record<string, SubscribeGrant>>,
    positions: ReadonlyMap<string, Position>,
  ): Promise<readonly SubscriptionStart[]> {
    const entries = Object.entries(subs);
    if (entries.length === 0) return [];
    for (const [channel] of entries) checkChannelOrWildcard(channel);
    let bytes = REPLY_BYTES + Buffer.byteLength(session.credentials.data ?? '');
    for (const [channel, grant] of entries) bytes += startBytes(channel, grant.data);
    const opening = new PendingConnect(entries.length, this.#options.maxMessageBytes - bytes);
    session.opening = opening;
    for (const [channel, grant] of entries) {
      const request = { channel, since: sinceOf(positions.get(channel)) };
      this.#add(session, id, request, grant, true);
    }
    return opening.starts;
  }

  /** The server subscribes a session that is connected; false if it is on the channel already. */
  add(session: Session, channel: string, grant: SubscribeGrant, since?: Position): boolean {
    if (session.subscriptions.has(channel)) return false;
    this.#forgetAttempt(session, channel);
    this.#add(session, 0, { channel, since: sinceOf(since) }, grant, true);
    return true;
  }

  /** The server ends a subscription, or what would become one; false if there is none. */
  end(session: Session, channel: string, kind: UnsubscribeKind): boolean {
    if (!this.#has(session, channel)) return false;
    this.unsubscribe(session, channel);
    const isTold = session.reply({ type: 'ended', channel, kind });
    // Who keeps positions and cannot be told finds out when it comes back.
    if (!isTold && session.wire.hasPositions) session.close('insufficientState');
    return true;
  }

  /** Nothing is left of what the session listened to or asked for. */
  endAll(session: Session): void {
    session.opening = undefined;
    session.attempts?.clear();
    for (const subscription of session.subscriptions.values()) {
      this.#options.hub.unsubscribe(subscription);
    }
    session.subscriptions.clear();
  }

  #has({ subscriptions, attempts }: Session, channel: string): boolean {
    return subscriptions.has(channel) || attempts?.has(channel) === true;
  }

  #checkCount({ subscriptions, attempts }: Session, added: number): void {
    const allowed = this.#options.maxChannelsPerSession;
    if (subscriptions.size + (attempts?.size ?? 0) + added <= allowed) return;
    const detail = `a connection listens to ${allowed} channels at most`;
    throw new ProtocolError('limitExceeded', detail);
  }

  /** Throws what access does; answers that are on their way then are of no interest. */
  #ask(session: Session, requests: readonly SubscribeRequest[]): Answer[] {
    const { client, credentials, origin } = session;
    const answers: Answer[] = [];
    try {
      for (const { channel, token = '', data } of requests) {
        const attempt = { client, credentials, origin, channel, token, data };
        answers.push(this.#options.access.subscribe(attempt));
      }
      return answers;
    } catch (error) {
      for (const answer of answers) if (isPromise(answer)) answer.catch(() => undefined);
      throw error;
    }
  }

  async #await(
    session: Session,
    id: number,
    requests: readonly SubscribeRequest[],
    answers: readonly Answer[],
  ): Promise<void> {
    const wanted = new Map(requests.map((request) => [request.channel, request]));
    const attempts = (session.attempts ??= new Map<string, Attempt>());
    for (const { channel } of requests) attempts.set(channel, { id, wanted });
    try {
      const grants = await Promise.all(answers.map(async (answer) => answer));
      const isWanted = ({ channel }: SubscribeRequest) => wanted.has(channel);
      const left = grants.filter((_, i) => isWanted(requests[i] as SubscribeRequest));
      if (!session.isOver) this.#addAll(session, id, requests.filter(isWanted), left);
    } catch (error) {
      // What is not wanted any more was answered when it was ended.
      if (wanted.size > 0) throw error;
    } finally {
      for (const channel of wanted.keys()) attempts.delete(channel);
    }
  }

  #addAll(
    session: Session,
    id: number,
    requests: readonly SubscribeRequest[],
    grants: readonly SubscribeGrant[],
  ): void {
    for (const grant of grants) this.#options.expiry.check(grant);
    requests.forEach((request, i) => {
      const grant = grants[i];
      if (grant !== undefined) this.#add(session, id, request, grant);
    });
  }

  #add(
    session: Session,
    id: number,
    request: SubscribeRequest,
    grant: SubscribeGrant,
    isServerSide = false,
  ): void {
    const terms = this.#terms.of(request, grant, isServerSide);
    const asked = terms.recovery ? request : { ...request, since: FROM_NOW, mustRecover: false };
    this.#options.hub.subscribe(session, asked, id, terms, grant);
  }

  #forgetAttempt(session: Session, channel: string): void {
    const attempt = session.attempts?.get(channel);
    if (attempt === undefined) return;
    session.attempts?.delete(channel);
    attempt.wanted.delete(channel);
    if (attempt.id !== 0) session.refuse(attempt.id, endedMeanwhile());
  }
}

function sinceOf(position: Position | undefined): SubscribeRequest['since'] {
  return position === undefined ? FROM_NOW : { type: 'position', position };
}

/** Temporary: a client that has made the subscription anew may take this for the answer to that. */
function endedMeanwhile(): ProtocolError {
  return new ProtocolError('internal', 'the subscription was ended before it began');
}
