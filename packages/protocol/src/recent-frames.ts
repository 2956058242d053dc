import type { Command } from './wire.js';

const MAX_FRAMES = 8;

/** In UTF-16 code units: what holds more is hardly said twice. */
const MAX_LENGTH = 512;

interface Decoded {
  readonly text: string;
  readonly commands: readonly Command[];
}

/** What clients ask for as they come: later hardly one says what another has said. */
const REPEATED: ReadonlySet<Command['type']> = new Set(['connect', 'subscribe', 'pong']);

/** Remembers what the last few frames say. Nobody changes a command, so those who say the same share it. */
export class RecentFrames {
  readonly #decode: (text: string) => readonly Command[];
  readonly #frames: Decoded[] = [];
  #next = 0;

  constructor(decode: (text: string) => readonly Command[]) {
    this.#decode = decode;
  }

  /** Throws what decoding does, each time anew. */
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
