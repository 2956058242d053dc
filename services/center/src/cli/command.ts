import { parseArgs, type ParseArgsConfig } from 'node:util';

/** What a command has to work with. */
export interface CommandContext {
  /** Where newswire is, without a slash at the end. */
  readonly url: string;
  readonly apiKey: string | undefined;
  /** What to connect with as a client. */
  readonly ownToken: string | undefined;
  /** What tokens are made with. */
  readonly token: {
    readonly secret: string | undefined;
    readonly audience: string | undefined;
    readonly issuer: string | undefined;
  };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A line of the result. */
  readonly print: (line: string) => void;
  /** A line about how it goes. */
  readonly note: (line: string) => void;
}

/** Resolves with the exit code. Throws UsageError for wrong arguments. */
export type RunCommand = (args: string[], context: CommandContext) => Promise<number>;

/** The command was called wrongly: its message and the usage are shown, exit code 2. */
export class UsageError extends Error {}

/** `util.parseArgs` with its faults as UsageError. */
export function parse<const T extends ParseArgsConfig>(config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
