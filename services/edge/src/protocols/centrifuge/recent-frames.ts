import type { Command } from '@newswire/protocol';

const MAX_FRAMES = 8;

/** In UTF-16 code units. Longer frames are rarely equal. */
const MAX_LENGTH = 512;

interface Decoded {
  readonly text: string;
  readonly commands: readonly Command[];
}

/** The commands of clients that connect, which are often equal. Later commands rarely are. */
const REPEATED: ReadonlySet<Command['type']> = new Set(['connect', 'subscribe', 'pong']);

/**
 * Caches the commands of the last few frames. Commands are never changed, so equal frames share
 * them.
 */
export class RecentFrames {
  readonly #decode: (text: string) => readonly Command[];
  readonly #frames: Decoded[] = [];
  #next = 0;

  constructor(decode: (text: string) => readonly Command[]) {
    this.#decode = decode;
  }

  /** Throws the errors of decoding. They are not cached. */
  decode(text: string): readonly Command[] {
    for (const frame of this.#frames) if (frame.text === text) return frame.commands;
    const commands = this.#decode(text);
    if (text.length <= MAX_LENGTH && commands.every(({ type }) => REPEATED.has(type))) {
      this.#frames[this.#next] = { text, commands };
      this.#next = (this.#next + 1) % MAX_FRAMES;
    }
    return commands;
  }
}
