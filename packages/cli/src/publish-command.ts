import { checkChannelName, toJsonLine, toOneLine, type JsonLine } from '@newswire/protocol';
import type { Command } from 'commander';
import { newCommand, UsageError, type Execute, type RunCommand } from './command.js';
import { Publisher, PublishError } from './publisher.js';

/** The default channel of `make publish`: the first channel of the original program. */
export const DEFAULT_CHANNEL = '77707';

interface PublishCommandOptions {
  readonly json?: true;
  readonly fromEnv?: true;
}

/** `newswire publish CHANNEL MSG`. */
export function publishCommand(execute: Execute): Command {
  const command = newCommand(
    'publish',
    'CHANNEL MSG [--json] | publish --from-env [--json]',
    'Publishes a text, or with --json a JSON value. --from-env reads CHANNEL and MSG from the environment.',
  )
    .option('--json', 'MSG is a JSON value')
    .option('--from-env', 'read CHANNEL and MSG from the environment');
  return command.action(() => execute(command, publish));
}

const publish: RunCommand<PublishCommandOptions> = async (args, options, context) => {
  const [channel, text, ...more] = options.fromEnv
    ? [context.environment['CHANNEL'] || DEFAULT_CHANNEL, context.environment['MSG']]
    : args;
  if (channel === undefined) throw new UsageError('publish needs a CHANNEL and a MSG');
  if (!text && options.fromEnv) {
    context.note("MSG is missing or empty: make publish MSG='Hello' [CHANNEL=77707]");
    return 2;
  }
  if (!text) throw new UsageError(`MSG for ${channel} is missing or empty`);
  if (more.length > 0) throw new UsageError('publish accepts one MSG: put quotes around it');
  checkChannelName(channel);
  const data = options.json ? jsonLine(text) : toJsonLine(text);
  try {
    const { offset, epoch } = await new Publisher(context).publish(channel, data);
    context.print(`published to ${channel}: offset ${offset}, epoch ${epoch}`);
    return 0;
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
    context.note(`not published: ${error.message}`);
    return 1;
  }
};

/** Kept as written: a long number would lose digits if it were parsed and written again. */
function jsonLine(text: string): JsonLine {
  try {
    JSON.parse(text);
    return toOneLine(text);
  } catch {
    throw new UsageError('MSG is not valid JSON');
  }
}
