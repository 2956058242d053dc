import type { Command } from '@newswire/protocol';

/** Commands of one connection that wait, and the UTF-16 code units of the frames they came in. */
const MAX_COMMANDS = 1024;
const MAX_CHARACTERS = 262_144;

/** What a client asks for before it is decided who it is, in order and bounded. */
export class PendingCommands {
  #commands: Command[] = [];
  #characters = 0;

  /** False if there is too much of it. */
  addFrame(text: string): boolean {
    this.#characters += text.length;
    return this.#characters <= MAX_CHARACTERS;
  }

  /** False if there are too many. */
  add(command: Command): boolean {
    this.#commands.push(command);
    return this.#commands.length <= MAX_COMMANDS;
  }

  take(): readonly Command[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }
}
