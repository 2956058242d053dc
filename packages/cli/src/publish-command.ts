import { checkChannelName, toJsonLine, toOneLine, type JsonLine } from '@newswire/protocol';
import { parse, UsageError, type RunCommand } from './command.js';
import { Publisher, PublishError } from './publisher.js';

/** The default channel of `make publish`: the first channel of the original program. */
export const DEFAULT_CHANNEL = '77707';

/** `newswire publish CHANNEL MSG`. */
export const publishCommand: RunCommand = async (args, context) => {
  const { values, positionals } = parse({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' }, 'from-env': { type: 'boolean' } },
  });
  const [channel, text, ...more] = values['from-env']
    ? [context.environment['CHANNEL'] || DEFAULT_CHANNEL, context.environment['MSG']]
    : positionals;
  if (channel === undefined) throw new UsageError('publish needs a CHANNEL and a MSG');
  if (!text && values['from-env']) {
    context.note("MSG is missing or empty: make publish MSG='Hello' [CHANNEL=77707]");
    return 2;
  }
  if (!text) throw new UsageError(`MSG for ${channel} is missing or empty`);
  if (more.length > 0) throw new UsageError('publish accepts one MSG: put quotes around it');
  checkChannelName(channel);
  const data = values.json ? jsonLine(text) : toJsonLine(text);
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
