import {
  checkChannelOrWildcard,
  FROM_NOW,
  type Position,
  ProtocolError,
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
import type { GetNamespaceOptions } from '../access/channel-rules.js';
import { TermsResolver } from '../channel/subscription-terms.js';

export interface SessionSubscriptionsOptions {
  readonly hub: Pick<Hub, 'subscribe' | 'unsubscribe'>;
  readonly access: Pick<Access, 'subscribe'>;
  readonly getOptions: GetNamespaceOptions;
  readonly expiry: Expiry;
  readonly maxChannelsPerSession: number;
  /** The most UTF-8 bytes of a connect reply. */
  readonly maxMessageBytes: number;
}

/**
 * A subscribe command whose access check is under way, and the requests of it that are still
 * wanted.
 */
export interface Attempt {
  readonly id: number;
  readonly wanted: Map<string, SubscribeRequest>;
}

type Answer = SubscribeGrant | Promise<SubscribeGrant>;

function isPromise(answer: Answer): answer is Promise<SubscribeGrant> {
  return answer instanceof Promise;
}

/** Subscribes sessions to channels and unsubscribes them, for the client or the server. */
export class SessionSubscriptions {
  readonly #options: SessionSubscriptionsOptions;
  readonly #terms: TermsResolver;

  constructor(options: SessionSubscriptionsOptions) {
    this.#options = options;
    this.#terms = new TermsResolver(options.getOptions);
  }

  /**
   * Subscribes to all of the channels or to none: a refused command changes nothing. Unless a
   * promise is returned, this is done on return. Throws ProtocolError or what access throws, and
   * rejects as access does.
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

  /** A subscription that has not begun is refused, so that every command has its reply. */
  unsubscribe(session: Session, channel: string): void {
    this.#forgetAttempt(session, channel);
    const subscription = session.subscriptions.get(channel);
    if (subscription === undefined) return;
    session.subscriptions.delete(channel);
    const { state, commandId } = subscription;
    this.#options.hub.unsubscribe(subscription);
    if (state.name === 'waiting' && commandId !== undefined)
      session.refuse(commandId, endedMeanwhile());
  }

  /** Makes the subscriptions that the server gives a client before the connect reply. */
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
      const request = { channel, since: toSince(positions.get(channel)) };
      this.#add(session, id, request, grant, true);
    }
    return opening.starts;
  }

  /** The server subscribes a connected session; false if it is on the channel already. */
  add(session: Session, channel: string, grant: SubscribeGrant, since?: Position): boolean {
    if (session.subscriptions.has(channel)) return false;
    this.#forgetAttempt(session, channel);
    this.#add(session, 0, { channel, since: toSince(since) }, grant, true);
    return true;
  }

  /** The server ends a subscription, or a request for one; false if there is none. */
  end(session: Session, channel: string, kind: UnsubscribeKind): boolean {
    if (!this.#has(session, channel)) return false;
    this.unsubscribe(session, channel);
    const isTold = session.reply({ type: 'ended', channel, kind });
    // A client that keeps positions and cannot be notified learns of it when it reconnects.
    if (!isTold && session.wire.hasPositions) session.close('insufficientState');
    return true;
  }

  /** Ends all of the session's subscriptions and requests. */
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
    const detail = `a connection may have at most ${allowed} channels`;
    throw new ProtocolError('limitExceeded', detail);
  }

  /** Throws what access throws. The results of checks that are then under way are ignored. */
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
      // Requests that are no longer wanted got their reply when they were ended.
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
    const terms = this.#terms.resolve(request, grant, isServerSide);
    const asked = terms.recovery ? request : { ...request, since: FROM_NOW, mustRecover: false };
    // Where a wire has no replies, its commands have the id 0.
    const commandId = id === 0 ? undefined : id;
    this.#options.hub.subscribe(session, asked, commandId, terms, grant);
  }

  #forgetAttempt(session: Session, channel: string): void {
    const attempt = session.attempts?.get(channel);
    if (attempt === undefined) return;
    session.attempts?.delete(channel);
    attempt.wanted.delete(channel);
    if (attempt.id !== 0) session.refuse(attempt.id, endedMeanwhile());
  }
}

function toSince(position: Position | undefined): SubscribeRequest['since'] {
  return position === undefined ? FROM_NOW : { type: 'position', position };
}

/** Temporary: a client that has subscribed again since may take this for the reply to that. */
function endedMeanwhile(): ProtocolError {
  return new ProtocolError('internal', 'the subscription ended before it began');
}
