import { ProtocolError } from '@newswire/protocol';
import {
  AccessClosedError,
  type ClientIdentity,
  type Credentials,
  type SessionHooks,
  type SubscribeGrant,
} from '../access/access.js';
import type { GetNamespaceOptions } from '../access/channel-rules.js';
import type { Subscription } from '../channel/subscription.js';
import type { Expiring, Expiry } from './timeouts.js';

/** How long after a hook could not answer it is asked again. */
const RETRY_MS = 1000;

/** A session whose credentials may expire. */
export interface RenewableSession extends ClientIdentity {
  readonly isClosed: boolean;
  renew(credentials: Credentials): void;
  close(kind: 'expired'): void;
  closeWith(code: number, reason: string): void;
}

/** The session of a subscription that may expire. */
export type GrantedSession = ClientIdentity & Pick<RenewableSession, 'closeWith'>;

/** The outcomes of a subscription's renewal. */
export interface GrantRenewal {
  readonly onRenewed: (grant: SubscribeGrant) => void;
  readonly onExpired: () => void;
}

export interface RenewalsOptions {
  readonly expiry: Expiry;
  readonly hooks: Pick<SessionHooks, 'refresh' | 'subRefresh'>;
  readonly getOptions: GetNamespaceOptions;
}

/** Credentials or a grant that a hook renews. */
interface Renewable<T> {
  /** The owner of the deadline. */
  readonly key: object;
  /** Undefined once the session is closed or the subscription has ended. */
  readonly getCurrent: () => T | undefined;
  readonly request: () => Promise<T | undefined>;
  readonly onRenewed: (renewed: T) => void;
  readonly onExpired: () => void;
  readonly onClosed: (error: AccessClosedError) => void;
}

/**
 * Decides who renews credentials and grants that expire. Without a hook, the client does. With a
 * hook, the backend is asked when they expire, and the client need not know. While the hook
 * cannot answer, it is asked again, until the grace of `Expiry` is over.
 */
export class Renewals {
  readonly #options: RenewalsOptions;

  constructor(options: RenewalsOptions) {
    this.#options = options;
  }

  /** Seconds within which the client must renew its credentials; undefined if it need not. */
  getSessionTtlS(credentials: Credentials): number | undefined {
    const { expiry, hooks } = this.#options;
    return hooks.refresh === undefined ? expiry.getTtlS(credentials) : undefined;
  }

  /** Seconds within which the client must renew its subscription; undefined if it need not. */
  getSubscriptionTtlS(channel: string, grant: SubscribeGrant): number | undefined {
    if (grant.expiresAtMs === undefined) return undefined;
    return this.#hookOf(channel) === undefined ? this.#options.expiry.getTtlS(grant) : undefined;
  }

  watchSession(session: RenewableSession): void {
    const { expiry, hooks } = this.#options;
    const { refresh } = hooks;
    const { credentials } = session;
    const onExpired = () => session.close('expired');
    if (refresh === undefined) return expiry.watch(session, credentials, onExpired);
    this.#watch(credentials, {
      key: session,
      getCurrent: () => (session.isClosed ? undefined : session.credentials),
      request: () => refresh(session),
      onRenewed: (renewed) => session.renew(renewed),
      onExpired,
      onClosed: ({ code, reason }) => session.closeWith(code, reason),
    });
  }

  watchSubscription(
    session: GrantedSession,
    subscription: Subscription,
    { onRenewed, onExpired }: GrantRenewal,
  ): void {
    const { grant } = subscription;
    const channel = subscription.channel.name;
    const hook = grant.expiresAtMs === undefined ? undefined : this.#hookOf(channel);
    if (hook === undefined) return this.#options.expiry.watch(subscription, grant, onExpired);
    this.#watch(grant, {
      key: subscription,
      getCurrent: () => (subscription.state.name === 'ended' ? undefined : subscription.grant),
      request: () => {
        const { client, origin, credentials } = session;
        return hook({ client, origin, credentials, channel, grant: subscription.grant });
      },
      onRenewed,
      onExpired,
      onClosed: ({ code, reason }) => session.closeWith(code, reason),
    });
  }

  #hookOf(channel: string): SessionHooks['subRefresh'] {
    const { subRefresh } = this.#options.hooks;
    if (subRefresh === undefined) return undefined;
    return this.#options.getOptions(channel).subRefresh === 'hook' ? subRefresh : undefined;
  }

  #watch<T extends Expiring>(current: T, renewable: Renewable<T>): void {
    const request = () => void this.#renew(current, renewable);
    this.#options.expiry.watch(renewable.key, current, request, 0);
  }

  /** A result that comes too late, after another renewal or the end, has no effect. */
  async #renew<T extends Expiring>(current: T, renewable: Renewable<T>): Promise<void> {
    const { getCurrent, request, onRenewed, onExpired, onClosed, key } = renewable;
    try {
      const renewed = await request();
      if (getCurrent() !== current) return;
      if (renewed === undefined) onExpired();
      else onRenewed(renewed);
    } catch (error) {
      if (getCurrent() !== current) return;
      if (error instanceof AccessClosedError) return onClosed(error);
      const { expiry } = this.#options;
      const isTemporary = error instanceof ProtocolError && error.temporary;
      if (!isTemporary || expiry.isOver(current)) return onExpired();
      expiry.schedule(key, RETRY_MS, () => void this.#renew(current, renewable));
    }
  }
}
