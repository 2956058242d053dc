import { VERSION } from '@newswire/runtime/environment';
import { Command } from 'commander';
import type { Execute } from './command.js';
import { addCompletion } from './completion.js';
import { publishCommand } from './publish-command.js';
import { channelsCommand, historyCommand, presenceCommand } from './read-commands.js';
import { simulateCommand } from './simulate-command.js';
import { subscribeCommand } from './subscribe-command.js';
import { tokenCommand } from './token-command.js';

const SETTINGS = `
newswire COMMAND --help describes a command's options.

NEWSWIRE_URL is the address of newswire (default http://127.0.0.1:9900), NEWSWIRE_API_KEY the key of its API.
NEWSWIRE_TOKEN is the token that subscribe connects with if there is no --token.
NEWSWIRE_TOKEN_HMAC_SECRET is the secret that signs tokens.`;

/**
 * The newswire command with all its commands. It throws CommanderError instead of ending the
 * process, and writes nothing but help, version and the results of commands.
 */
export function createProgram(execute: Execute): Command {
  const program = new Command('newswire')
    .usage('COMMAND …')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', SETTINGS)
    .helpCommand('help [COMMAND]', 'Prints the help of a command.')
    // An option after the command is the command's.
    .enablePositionalOptions()
    // Each command counts its arguments: its own sentence about them says what to do.
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  const create = [
    publishCommand,
    subscribeCommand,
    simulateCommand,
    channelsCommand,
    historyCommand,
    presenceCommand,
    tokenCommand,
  ];
  for (const each of create) program.addCommand(each(execute).copyInheritedSettings(program));
  addCompletion(program);
  return program.configureHelp({
    subcommandTerm: (command) => `newswire ${command.name()} ${command.usage()}`,
    formatItem: (term, _, description) => `${term}\n    ${description}`,
  });
}
