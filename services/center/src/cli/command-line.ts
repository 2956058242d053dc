/* oxlint-disable no-console -- a command line speaks on standard output and standard error */
import { ProtocolError } from '@newswire/protocol';
import { ConfigError, loadConfig, readEnvironment, withoutEmptyValues } from '@newswire/runtime';
import { channelsCommand, historyCommand, presenceCommand } from './ask-commands.js';
import { UsageError, type CommandContext } from './command.js';
import { publishCommand } from './publish-command.js';
import { simulateCommand } from './simulate-command.js';
import { subscribeCommand } from './subscribe-command.js';
import { tokenCommand } from './token-command.js';

const COMMANDS = {
  publish: publishCommand,
  subscribe: subscribeCommand,
  simulate: simulateCommand,
  channels: channelsCommand,
  history: historyCommand,
  presence: presenceCommand,
  token: tokenCommand,
};

const USAGE = `newswire publish CHANNEL MSG [--json]     publish a text (or a JSON value)
newswire publish --from-env               the same, from the variables CHANNEL and MSG
newswire subscribe CHANNEL… [--token T]   print what is published, as it comes
newswire simulate [--rate N] [--channels A,B] [--count N]
                                          publish made-up news, N items a second
newswire channels ['PATTERN']             who listens to what: *, ?, [a-z], {one,other}
newswire history CHANNEL [--limit N]      what was published last
newswire presence CHANNEL                 who is there
newswire token [--user U] [--channel C] [--expires-in SECONDS] [--info JSON]
                                          make a token to connect with, or for one channel

NEWSWIRE_URL says where newswire is (default http://127.0.0.1:9900), NEWSWIRE_API_KEY opens its API.
NEWSWIRE_TOKEN is what subscribe connects with, where it is not said.
NEWSWIRE_TOKEN_HMAC_SECRET is what tokens are signed with.`;

/** Runs one command. Resolves with the exit code: 0 done, 1 failed, 2 wrong usage or settings. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args;
  process.stdout.on('error', endOnClosedPipe);
  if (['help', '--help', '-h'].includes(name)) {
    console.log(USAGE);
    return 0;
  }
  try {
    if (!isCommand(name)) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
    return await COMMANDS[name](rest, readContext());
  } catch (error) {
    return report(error);
  }
}

/** `newswire subscribe … | head -1`: whoever read the output has gone. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
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

function report(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const sentence of error.sentences) console.error(sentence);
    return 2;
  }
  if (error instanceof UsageError) {
    console.error(`newswire: ${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (error instanceof ProtocolError) {
    console.error(`newswire: ${error.message}`); // a channel name
    return 2;
  }
  console.error(error);
  return 1;
}
