import type { SessionFilter } from '@newswire/broker';
import type { Session } from './session.js';

/** The connected sessions of this edge, by client and by user. */
export class SessionRegistry {
  readonly #byClient = new Map<string, Session>();
  readonly #byUser = new Map<string, Set<Session>>();
  readonly #emulated = new Map<string, Session>();

  add(session: Session): void {
    const { client, emulationId } = session;
    const { user } = session.credentials;
    this.#byClient.set(client, session);
    if (emulationId !== undefined) this.#emulated.set(emulationId, session);
    if (user === '') return;
    const others = this.#byUser.get(user);
    if (others === undefined) this.#byUser.set(user, new Set([session]));
    else others.add(session);
  }

  remove(session: Session): void {
    const { client, emulationId } = session;
    const { user } = session.credentials;
    // A session that was never connected has no entry.
    if (this.#byClient.get(client) !== session) return;
    this.#byClient.delete(client);
    if (emulationId !== undefined) this.#emulated.delete(emulationId);
    const others = this.#byUser.get(user);
    others?.delete(session);
    if (others?.size === 0) this.#byUser.delete(user);
  }

  /** A copy of the list of matching sessions: safe to iterate while they leave. */
  find({ user, client }: SessionFilter): Session[] {
    if (client === undefined || client === '') return [...(this.#byUser.get(user ?? '') ?? [])];
    const session = this.#byClient.get(client);
    if (session === undefined) return [];
    const isMeant = user === undefined || user === '' || session.credentials.user === user;
    return isMeant ? [session] : [];
  }

  /** The session whose commands arrive as separate requests, by its secret. */
  emulated(id: string): Session | undefined {
    return this.#emulated.get(id);
  }

  get clientCount(): number {
    return this.#byClient.size;
  }

  /** The number of users with a name. A user with several tabs counts once. */
  get userCount(): number {
    return this.#byUser.size;
  }
}
