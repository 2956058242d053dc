import { channelsCommand, historyCommand, presenceCommand } from './ask-commands.js';
import type { RunCommand } from './command.js';
import { publishCommand } from './publish-command.js';
import { simulateCommand } from './simulate-command.js';
import { subscribeCommand } from './subscribe-command.js';
import { tokenCommand } from './token-command.js';

/** One of newswire's commands, with its text in `--help`. */
export interface Command {
  readonly run: RunCommand;
  readonly usage: string;
  readonly purpose: string;
}

/** All commands by name. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  publish: {
    run: publishCommand,
    usage: 'publish CHANNEL MSG [--json] | publish --from-env [--json]',
    purpose:
      'Publishes a text, or with --json a JSON value. --from-env reads CHANNEL and MSG from the environment.',
  },
  subscribe: {
    run: subscribeCommand,
    usage: 'subscribe CHANNEL… [--token T] | subscribe --from-env [--token T]',
    purpose: 'Prints publications as they arrive. --from-env reads CHANNEL from the environment.',
  },
  simulate: {
    run: simulateCommand,
    usage: 'simulate [--rate N] [--channels A,B] [--count N]',
    purpose: 'Publishes simulated news, N publications per second.',
  },
  channels: {
    run: channelsCommand,
    usage: "channels ['PATTERN']",
    purpose: 'Prints the channels that have subscribers. PATTERN: *, ?, [a-z], {one,other}.',
  },
  history: {
    run: historyCommand,
    usage: 'history CHANNEL [--limit N]',
    purpose: 'Prints the last publications, 10 unless --limit gives another number.',
  },
  presence: {
    run: presenceCommand,
    usage: 'presence CHANNEL',
    purpose: 'Prints the clients that are on a channel.',
  },
  token: {
    run: tokenCommand,
    usage: 'token [--user U] [--channel C] [--expires-in SECONDS] [--info JSON]',
    purpose: 'Makes a connection token, or with --channel a subscription token for that channel.',
  },
};

export function formatUsage({ usage, purpose }: Command): string {
  return `newswire ${usage}\n    ${purpose}`;
}

export const USAGE = `${Object.values(COMMANDS).map(formatUsage).join('\n')}

newswire --version prints the version, newswire [COMMAND] --help this help.

NEWSWIRE_URL is the address of newswire (default http://127.0.0.1:9900), NEWSWIRE_API_KEY the key of its API.
NEWSWIRE_TOKEN is the token that subscribe connects with if there is no --token.
NEWSWIRE_TOKEN_HMAC_SECRET is the secret that signs tokens.`;
