import type { Command } from '@newswire/protocol';

/** The limits of one connection's pending commands. */
export interface PendingLimits {
  readonly maxCommands: number;
  /** UTF-16 code units of the frames with the commands, except for the first frame. */
  readonly maxCharacters: number;
}

/** The commands that a client sends before it is authenticated, in order and bounded. */
export class PendingCommands {
  readonly #limits: PendingLimits;
  #commands: Command[] = [];
  #characters = 0;

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  /** False if the frames are too long. */
  addFrame(text: string): boolean {
    this.#characters += text.length;
    return this.#characters <= this.#limits.maxCharacters;
  }

  /** False if there are too many commands. */
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
