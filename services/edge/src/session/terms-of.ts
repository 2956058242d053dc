import { isWildcard, type SubscribeRequest } from '@newswire/protocol';
import type { NamespaceOptions } from '@newswire/runtime';
import type { SubscribeGrant } from '../access/access.js';
import { PLAIN_TERMS, type SubscriptionTerms } from '../channel/live-channel.js';

/** A channel's options; throws ProtocolError 102 where there is no such channel. */
export type OptionsOf = (channel: string) => NamespaceOptions;

/** Settles how a session has a channel. Most are alike, and share one object a namespace. */
export class TermsOf {
  readonly #optionsOf: OptionsOf;
  /** Of wildcards: they have no positions, no members and nothing that one is to differ from. */
  readonly #loose = { ...PLAIN_TERMS, recovery: false };
  readonly #looseByServer = { ...this.#loose, isServerSide: true };
  readonly #plain = new WeakMap<NamespaceOptions, SubscriptionTerms>();

  constructor(optionsOf: OptionsOf) {
    this.#optionsOf = optionsOf;
  }

  of(request: SubscribeRequest, grant: SubscribeGrant, isServerSide: boolean): SubscriptionTerms {
    if (isWildcard(request.channel)) return isServerSide ? this.#looseByServer : this.#loose;
    const options = this.#optionsOf(request.channel);
    const { joinLeave = false, isOnlyPositioned = false, delta = false } = request;
    const isSpecial = isServerSide || joinLeave || isOnlyPositioned || delta;
    const isPlain = !isSpecial && saysNothing(grant);
    if (!isPlain) return termsOf(options, request, grant, isServerSide);
    let terms = this.#plain.get(options);
    if (terms === undefined) {
      terms = termsOf(options, request, grant, isServerSide);
      this.#plain.set(options, terms);
    }
    return terms;
  }
}

/** Of what a namespace settles. */
function saysNothing({ recovery, presence, joinLeave }: SubscribeGrant): boolean {
  return recovery === undefined && presence === undefined && joinLeave === undefined;
}

function termsOf(
  options: NamespaceOptions,
  { joinLeave = false, isOnlyPositioned = false, delta = false }: SubscribeRequest,
  grant: SubscribeGrant,
  isServerSide: boolean,
): SubscriptionTerms {
  const recovery = grant.recovery ?? options.recovery;
  const isAnnounced = grant.joinLeave ?? options.joinLeave;
  return {
    recovery,
    cacheRecovery: recovery && options.cacheRecovery,
    isOnlyPositioned,
    isServerSide,
    isMember: isAnnounced || (grant.presence ?? options.presence),
    isAnnounced,
    // Where the server subscribes, it asks for its client.
    receivesMembers: isAnnounced && (joinLeave || isServerSide),
    hasDelta: delta && options.delta,
  };
}
