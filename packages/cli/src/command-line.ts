/* oxlint-disable no-console -- a command line speaks on standard output and standard error */
import { ProtocolError } from '@newswire/protocol';
import {
  ConfigError,
  loadConfig,
  readEnvironment,
  VERSION,
  withoutEmptyValues,
} from '@newswire/runtime';
import { UsageError, type CommandContext } from './command.js';
import { COMMANDS, USAGE, formatUsage } from './commands.js';

/**
 * Runs one command. Resolves with the exit code: 0 success, 1 failure, 2 wrong usage or settings.
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args;
  process.stdout.on('error', endOnClosedPipe);
  if (['help', '--help', '-h'].includes(name)) return print(USAGE);
  if (name === '--version' && rest.length === 0) return print(VERSION);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined && asksForHelp(rest)) return print(formatUsage(command));
  try {
    if (command === undefined) throw new UsageError(`unknown command ${JSON.stringify(name)}`);
    return await command.run(rest, readContext());
  } catch (error) {
    return report(error, command === undefined ? USAGE : formatUsage(command));
  }
}

function print(text: string): number {
  console.log(text);
  return 0;
}

/** Arguments after `--` are not options. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
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
  if (error instanceof UsageError) {
    console.error(`newswire: ${error.message}\n\n${usage}`);
    return 2;
  }
  if (error instanceof ProtocolError) {
    console.error(`newswire: ${error.message}`); // an invalid channel name
    return 2;
  }
  console.error(error);
  return 1;
}
