import { parseArgs, type ParseArgsConfig } from 'node:util';

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

/** Runs a command and resolves with the exit code. Throws UsageError for wrong arguments. */
export type RunCommand = (args: string[], context: CommandContext) => Promise<number>;

/** Wrong use of a command: the message and the usage are shown, and the exit code is 2. */
export class UsageError extends Error {}

/** `util.parseArgs` that throws UsageError. */
export function parse<const T extends ParseArgsConfig>(config: T) {
  try {
    return parseArgs(config);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}
