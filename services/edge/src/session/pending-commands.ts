import type { Command } from '@newswire/protocol';

/** How much may wait of one connection. */
export interface PendingLimits {
  readonly maxCommands: number;
  /** UTF-16 code units of the frames that the commands came in, but for the first frame. */
  readonly maxCharacters: number;
}

/** What a client asks for before it is decided who it is, in order and bounded. */
export class PendingCommands {
  readonly #limits: PendingLimits;
  #commands: Command[] = [];
  #characters = 0;

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  /** False if there is too much of it. */
  addFrame(text: string): boolean {
    this.#characters += text.length;
    return this.#characters <= this.#limits.maxCharacters;
  }

  /** False if there are too many. */
  add(command: Command): boolean {
    this.#commands.push(command);
    return this.#commands.length <= this.#limits.maxCommands;
  }

  take(): readonly Command[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }
}
