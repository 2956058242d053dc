import type { Command, Frame } from '@newswire/protocol';

/*
 * The states of a session, and the data that each has:
 *
 *            the first command            the connect reply was sent
 *    idle ─────────────────────▶ connecting ─────────────────────▶ connected
 *     ▲                              │
 *     └──────────────────────────────┘ refused: the client may try again
 *
 *    every state ── close(), or the connection has ended ──▶ closed
 *
 *    idle        how often its client was refused
 *    connecting  the same, and the commands that wait until the client is authenticated
 *    connected   nothing: the count of commands that wait for another service is a field of Session
 *    closed      nothing: no frame is sent and no command executed any more
 */
export type SessionState =
  | { readonly type: 'idle'; readonly refusedConnects: number }
  | {
      readonly type: 'connecting';
      readonly refusedConnects: number;
      readonly commands: PendingCommands;
    }
  | { readonly type: 'connected' }
  | { readonly type: 'closed' };

/** The state of a session whose connection has just opened. */
export const NEW: SessionState = { type: 'idle', refusedConnects: 0 };
// All connected sessions share one object: nearly all sessions are connected.
export const CONNECTED: SessionState = { type: 'connected' };
export const CLOSED: SessionState = { type: 'closed' };

/** Commands besides subscriptions that may wait while a client connects. */
const MAX_OTHER_COMMANDS = 1024;

/** The commands that a client sends before it is authenticated, in order and bounded. */
export class PendingCommands {
  readonly #limits: PendingLimits;
  /** Made when it is needed: most clients send nothing before they are connected. */
  #commands: Command[] | undefined;
  /** UTF-16 code units or bytes of the frames. */
  #length = 0;

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  /** Returns false if the frames are too long. */
  addFrame(frame: Frame): boolean {
    this.#length += frame.length;
    return this.#length <= this.#limits.maxFrameBytes;
  }

  /** Returns false if there are too many commands. */
  add(command: Command): boolean {
    this.#commands ??= [];
    this.#commands.push(command);
    return this.#commands.length <= this.#limits.maxChannelsPerSession + MAX_OTHER_COMMANDS;
  }

  take(): readonly Command[] {
    const commands = this.#commands ?? [];
    this.#commands = undefined;
    return commands;
  }
}

export interface PendingLimits {
  /** UTF-16 code units of the frames with the commands, except for the first frame. */
  readonly maxFrameBytes: number;
  readonly maxChannelsPerSession: number;
}
