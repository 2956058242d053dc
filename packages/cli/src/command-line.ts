/* oxlint-disable no-console -- a command line writes to standard output and standard error */
import { ProtocolError } from '@newswire/protocol';
import {
  ConfigError,
  loadConfig,
  readEnvironment,
  withoutEmptyValues,
} from '@newswire/runtime/environment';
import { CommanderError } from 'commander';
import { UsageError, type CommandContext } from './command.js';
import { createProgram } from './program.js';

/**
 * Runs one command. Resolves with the exit code: 0 success, 1 failure, 2 wrong usage or settings.
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  process.stdout.on('error', endOnClosedPipe);
  let exitCode = 0;
  const program = createProgram(async (command, run) => {
    exitCode = await run(command.args, command.opts(), readContext());
  });
  try {
    checkVersionArguments(args);
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help, --version
    const command = program.commands.find((each) => each.name() === args[0]) ?? program;
    return report(error, command.helpInformation());
  }
}

/** commander ignores what follows `--version`. */
function checkVersionArguments([first, second]: readonly string[]): void {
  if (first !== '--version' || second === undefined) return;
  throw new UsageError('unknown command "--version"');
}

/** `newswire subscribe … | head -1`: the reader of the output has ended. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

function readContext(): CommandContext {
  const config = loadConfig(
    ['url', 'port', 'apiKey', 'token', 'tokenHmacSecret', 'tokenAudience', 'tokenIssuer'],
    withoutEmptyValues(readEnvironment()),
  );
  return {
    url: (config.url ?? `http://127.0.0.1:${config.port}`).replace(/\/$/, ''),
    apiKey: config.apiKey,
    ownToken: config.token,
    token: {
      secret: config.tokenHmacSecret,
      audience: config.tokenAudience,
      issuer: config.tokenIssuer,
    },
    environment: process.env,
    print: (line) => console.log(line),
    note: (line) => console.error(line),
  };
}

function report(error: unknown, usage: string): number {
  if (error instanceof ConfigError) {
    for (const sentence of error.sentences) console.error(sentence);
    return 2;
  }
  if (error instanceof UsageError || error instanceof CommanderError) {
    console.error(`newswire: ${describeUsageError(error)}\n\n${usage.trimEnd()}`);
    return 2;
  }
  if (error instanceof ProtocolError) {
    console.error(`newswire: ${error.message}`); // an invalid channel name
    return 2;
  }
  console.error(error);
  return 1;
}

function describeUsageError({ message }: Error): string {
  return message
    .replace(/^error: unknown command '(.*)'/, (_, name: string) => `unknown command "${name}"`)
    .replace(/^error: (.)/, (_, first: string) => first.toUpperCase());
}
