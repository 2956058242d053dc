/* oxlint-disable no-console -- before a logger exists, standard output and error are all there is */
import { ConfigError } from './config-error.js';
import { VERSION } from './version.js';

/** A program that runs until it is stopped. `stop` resolves when everything is flushed. */
export interface Service {
  stop(): Promise<void>;
}

/**
 * A start that failed for a reason that the user can fix: only its message is shown, exit code 1.
 */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}

/** A service's name and description for `--help`. */
export interface Program {
  readonly name: 'edge' | 'center' | 'standalone';
  /** One sentence. */
  readonly description: string;
}

/**
 * Runs a service for the life of the process. SIGTERM or SIGINT stops it (exit code 0); a second
 * signal ends it immediately (1). Faults of the configuration are printed, one sentence per line
 * (2). The only arguments are `--help` and `--version` (0); any other is an error (2).
 */
export async function runService(program: Program, start: () => Promise<Service>): Promise<void> {
  answerArguments(program, process.argv.slice(2));
  const service = await Promise.resolve().then(start).catch(fail);
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    service.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Handles the arguments. Ends the process unless there are none. */
function answerArguments({ name, description }: Program, args: readonly string[]): void {
  const [first, second] = args;
  if (first === undefined) return;
  const usage = `usage: node services/${name}/dist/main.js [--help | --version]`;
  const settings = 'Its settings are environment variables, see docs/configuration.md.';
  const answers = new Map([
    ['--help', `${description}\n\n${usage}\n\n${settings}`],
    ['-h', `${description}\n\n${usage}\n\n${settings}`],
    ['--version', VERSION],
  ]);
  const answer = answers.get(first);
  if (answer !== undefined && second === undefined) {
    console.log(answer);
    process.exit(0);
  }
  const unexpected = JSON.stringify(answer === undefined ? first : second);
  console.error(`unexpected argument ${unexpected}\n${usage}\n${settings}`);
  process.exit(2);
}

function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    for (const sentence of error.sentences) console.error(sentence);
    process.exit(2);
  }
  console.error(error instanceof StartError ? error.message : error);
  process.exit(1);
}
