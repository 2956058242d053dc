import type { SubscribeRequest } from '@newswire/protocol';
import type { Access, ClientIdentity, SubscribeGrant } from '../access/access.js';

/** The result of one access check: a promise if another service must be asked. */
export type MaybeGrant = SubscribeGrant | Promise<SubscribeGrant>;

/** A subscribe command that access has not decided yet. */
interface PendingCommand {
  readonly id: number;
  /** The requests of the command that are still wanted, by channel. */
  readonly wanted: Map<string, SubscribeRequest>;
}

/**
 * Requests a grant for each request. Throws what access throws. The results of checks that are then
 * under way are ignored.
 */
export function requestGrants(
  access: Pick<Access, 'subscribe'>,
  { client, credentials, origin }: ClientIdentity,
  requests: readonly SubscribeRequest[],
): MaybeGrant[] {
  const grants: MaybeGrant[] = [];
  try {
    for (const { channel, token = '', data } of requests) {
      grants.push(access.subscribe({ client, credentials, origin, channel, token, data }));
    }
    return grants;
  } catch (error) {
    for (const grant of grants) if (isPromise(grant)) grant.catch(() => undefined);
    throw error;
  }
}

/** Whether no other service has to be asked. */
export function areDecided(grants: readonly MaybeGrant[]): grants is readonly SubscribeGrant[] {
  return !grants.some(isPromise);
}

/** The subscribe commands of one session that wait for another service. */
export class PendingGrants {
  readonly #byChannel = new Map<string, PendingCommand>();

  /** The number of channels. */
  get size(): number {
    return this.#byChannel.size;
  }

  has(channel: string): boolean {
    return this.#byChannel.has(channel);
  }

  /**
   * Calls `handleGranted` with the requests of a command that are still wanted once access has
   * decided, before they stop counting as pending. Rejects as access or `handleGranted` does, if
   * any request is still wanted.
   */
  async wait(
    id: number,
    requests: readonly SubscribeRequest[],
    grants: readonly MaybeGrant[],
    handleGranted: (
      requests: readonly SubscribeRequest[],
      grants: readonly SubscribeGrant[],
    ) => void,
  ): Promise<void> {
    const wanted = new Map(requests.map((request) => [request.channel, request]));
    for (const { channel } of requests) this.#byChannel.set(channel, { id, wanted });
    try {
      const given = await Promise.all(grants.map(async (grant) => grant));
      const isWanted = ({ channel }: SubscribeRequest) => wanted.has(channel);
      const left = given.filter((_, i) => isWanted(requests[i] as SubscribeRequest));
      handleGranted(requests.filter(isWanted), left);
    } catch (error) {
      // Requests that are no longer wanted got their reply when they were dropped.
      if (wanted.size > 0) throw error;
    } finally {
      for (const channel of wanted.keys()) this.#byChannel.delete(channel);
    }
  }

  /** The request is no longer wanted. Returns the id of its command; undefined if there is none. */
  drop(channel: string): number | undefined {
    const command = this.#byChannel.get(channel);
    this.#byChannel.delete(channel);
    command?.wanted.delete(channel);
    return command?.id;
  }

  /** Forgets all requests: their session has ended. */
  clear(): void {
    this.#byChannel.clear();
  }
}

function isPromise(grant: MaybeGrant): grant is Promise<SubscribeGrant> {
  return grant instanceof Promise;
}
