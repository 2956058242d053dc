import { Command } from 'commander';

/** The dependencies of a command. */
export interface CommandContext {
  /** newswire's URL, without a slash at the end. */
  readonly url: string;
  readonly apiKey: string | undefined;
  /** The token for connecting as a client. */
  readonly ownToken: string | undefined;
  /** The secret that signs tokens. */
  readonly token: {
    readonly secret: string | undefined;
    readonly audience: string | undefined;
    readonly issuer: string | undefined;
  };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes a line of the result. */
  readonly print: (line: string) => void;
  /** Writes a line about progress. */
  readonly note: (line: string) => void;
}

/**
 * Runs a command with its arguments and options, and resolves with the exit code. Throws UsageError
 * for wrong arguments.
 */
export type RunCommand<O = object> = (
  args: readonly string[],
  options: O,
  context: CommandContext,
) => Promise<number>;

/** Runs a command of the program: reads the settings and sets the exit code of the process. */
export type Execute = <O extends object>(command: Command, run: RunCommand<O>) => Promise<void>;

/** Wrong use of a command: the message and the usage are shown, and the exit code is 2. */
export class UsageError extends Error {}

/** A command without options. `usage`: its arguments and options. */
export function newCommand(name: string, usage: string, description: string): Command {
  return new Command(name).usage(usage).description(description);
}
