import { checkChannelName, rawElements, rawMember } from '@newswire/protocol';
import type { Command } from 'commander';
import {
  newCommand,
  UsageError,
  type CommandContext,
  type Execute,
  type RunCommand,
} from './command.js';
import { post, type ApiAnswer } from './post.js';

const DEFAULT_LIMIT = '10';

/**
 * `newswire channels [PATTERN]`: prints one line per channel: its name and number of subscribers.
 */
export function channelsCommand(execute: Execute): Command {
  const command = newCommand(
    'channels',
    "['PATTERN']",
    'Prints the channels that have subscribers. PATTERN: *, ?, [a-z], {one,other}.',
  );
  return command.action(() => execute(command, readChannels));
}

const readChannels: RunCommand = async ([pattern, ...more], _, context) => {
  if (more.length > 0) throw new UsageError('channels accepts one PATTERN: put quotes around it');
  const answer = post<ChannelsResult>(context, 'channels', JSON.stringify({ pattern }));
  return show(context, answer, ({ channels }) =>
    Object.entries(channels).map(([name, { num_clients }]) => `${name}\t${num_clients}`),
  );
};

/** `newswire history CHANNEL`: prints the last publications, one per line: offset and data. */
export function historyCommand(execute: Execute): Command {
  const command = newCommand(
    'history',
    'CHANNEL [--limit N]',
    `Prints the last publications, ${DEFAULT_LIMIT} unless --limit gives another number.`,
  ).option('--limit <N>', 'the number of publications', DEFAULT_LIMIT);
  return command.action(() => execute(command, readLog));
}

const readLog: RunCommand<{ readonly limit: string }> = async (args, options, context) => {
  const channel = parseChannel('history', args);
  const limit = Number(options.limit);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new UsageError('--limit must be 1 or more');
  }
  const answer = post<HistoryResult>(
    context,
    'history',
    JSON.stringify({ channel, limit, reverse: true }),
  );
  return show(context, answer, ({ publications }, text) => {
    const written = rawElements(
      rawMember(rawMember(text, 'result') ?? '{}', 'publications') ?? '[]',
    );
    const line = ({ offset }: { readonly offset: number }, i: number) =>
      `${offset}\t${rawMember(written[i] ?? '{}', 'data') ?? ''}`;
    return publications.map(line).toReversed();
  });
};

/** `newswire presence CHANNEL`: prints the channel's members, one per line: client and user. */
export function presenceCommand(execute: Execute): Command {
  const command = newCommand('presence', 'CHANNEL', 'Prints the clients that are on a channel.');
  return command.action(() => execute(command, readMembers));
}

const readMembers: RunCommand = async (args, _, context) => {
  const channel = parseChannel('presence', args);
  const answer = post<PresenceResult>(context, 'presence', JSON.stringify({ channel }));
  return show(context, answer, ({ presence }) =>
    Object.values(presence).map(({ client, user }) => `${client}\t${user}`),
  );
};

interface ChannelsResult {
  readonly channels: Readonly<Record<string, { readonly num_clients: number }>>;
}

interface HistoryResult {
  readonly publications: readonly { readonly offset: number }[];
}

interface PresenceResult {
  readonly presence: Readonly<Record<string, { readonly client: string; readonly user: string }>>;
}

function parseChannel(command: string, [channel, ...more]: readonly string[]): string {
  if (channel === undefined || more.length > 0) {
    throw new UsageError(`${command} needs one CHANNEL`);
  }
  checkChannelName(channel);
  return channel;
}

async function show<R>(
  context: CommandContext,
  answer: Promise<ApiAnswer<R>>,
  toLines: (result: R, text: string) => readonly string[],
): Promise<number> {
  const { result, error, text = '' } = await answer;
  if (result === undefined) {
    context.note(`no answer: ${error?.message ?? 'the answer is not from newswire'}`);
    return 1;
  }
  toLines(result, text).forEach(context.print);
  return 0;
}
