import { isWildcard, ProtocolError, type SubscribeRequest } from '@newswire/protocol';
import type { NamespaceOptions } from '@newswire/runtime';
import type { SubscribeGrant } from '../access/access.js';
import type { GetNamespaceOptions } from '../access/channel-rules.js';

/**
 * The properties of a subscription, settled before it begins. Subscriptions with equal terms share
 * one object where possible.
 */
export interface SubscriptionTerms {
  /** The client is notified if it missed publications, and may come back with a position. */
  readonly recovery: boolean;
  /** Begins with the newest publication, instead of all publications since a position. */
  readonly cacheRecovery: boolean;
  /** The client wants positions, but not the publications that it missed. */
  readonly isOnlyPositioned: boolean;
  /** Made by the server: the client cannot subscribe again by itself. */
  readonly isServerSide: boolean;
  /** Presence lists the client. `isAnnounced`: its join and leave are announced, too. */
  readonly isMember: boolean;
  readonly isAnnounced: boolean;
  /** The client receives the joins and leaves of others. */
  readonly receivesMembers: boolean;
  /** The client accepts deltas between publications. */
  readonly hasDelta: boolean;
}

/** The terms of a subscription for which nothing else is specified. */
export const PLAIN_TERMS: SubscriptionTerms = {
  recovery: true,
  cacheRecovery: false,
  isOnlyPositioned: false,
  isServerSide: false,
  isMember: false,
  isAnnounced: false,
  receivesMembers: false,
  hasDelta: false,
};

/** Computes the terms of subscriptions. Most subscriptions of a namespace share one object. */
export class TermsResolver {
  readonly #getOptions: GetNamespaceOptions;
  /** The terms of wildcards: without positions, members or deltas. */
  readonly #loose = { ...PLAIN_TERMS, recovery: false };
  readonly #looseByServer = { ...this.#loose, isServerSide: true };
  readonly #plain = new WeakMap<NamespaceOptions, SubscriptionTerms>();

  constructor(getOptions: GetNamespaceOptions) {
    this.#getOptions = getOptions;
  }

  /** Throws ProtocolError (107) for a filter by tags that the namespace does not allow. */
  resolve(
    request: SubscribeRequest,
    grant: SubscribeGrant,
    isServerSide: boolean,
  ): SubscriptionTerms {
    if (request.tagsFilter !== undefined && !this.#getOptions(request.channel).allowTagsFilter) {
      throw new ProtocolError('badRequest', 'this namespace does not allow tags filters');
    }
    if (isWildcard(request.channel)) return isServerSide ? this.#looseByServer : this.#loose;
    const options = this.#getOptions(request.channel);
    const { joinLeave = false, isOnlyPositioned = false } = request;
    const delta = acceptsDelta(request);
    const isSpecial = isServerSide || joinLeave || isOnlyPositioned || delta;
    const isPlain = !isSpecial && changesNothing(grant);
    if (!isPlain) return computeTerms(options, request, grant, isServerSide);
    let terms = this.#plain.get(options);
    if (terms === undefined) {
      terms = computeTerms(options, request, grant, isServerSide);
      this.#plain.set(options, terms);
    }
    return terms;
  }
}

/** A client with a filter lacks publications that a delta may be against. */
function acceptsDelta({ delta = false, tagsFilter }: SubscribeRequest): boolean {
  return delta && tagsFilter === undefined;
}

/** Whether a grant changes none of the namespace's options. */
function changesNothing({ recovery, presence, joinLeave }: SubscribeGrant): boolean {
  return recovery === undefined && presence === undefined && joinLeave === undefined;
}

function computeTerms(
  options: NamespaceOptions,
  request: SubscribeRequest,
  grant: SubscribeGrant,
  isServerSide: boolean,
): SubscriptionTerms {
  const { joinLeave = false, isOnlyPositioned = false } = request;
  const recovery = grant.recovery ?? options.recovery;
  const isAnnounced = grant.joinLeave ?? options.joinLeave;
  return {
    recovery,
    cacheRecovery: recovery && options.cacheRecovery,
    isOnlyPositioned,
    isServerSide,
    isMember: isAnnounced || (grant.presence ?? options.presence),
    isAnnounced,
    // A subscription that the server makes requests them for the client.
    receivesMembers: isAnnounced && (joinLeave || isServerSide),
    hasDelta: acceptsDelta(request) && options.delta,
  };
}
