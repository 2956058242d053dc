import type { Command } from 'commander';
import { newCommand, UsageError } from './command.js';

const SHELLS: Readonly<Record<string, (program: Command) => string>> = {
  bash: completeBash,
  zsh: completeZsh,
  fish: completeFish,
};

/** Adds `newswire completion SHELL`, which prints the script that completes the other commands. */
export function addCompletion(program: Command): void {
  const shells = Object.keys(SHELLS).join('|');
  const completion = newCommand(
    'completion',
    shells,
    'Prints a script that completes commands and options: source <(newswire completion bash)',
  ).copyInheritedSettings(program);
  completion.action(() => {
    const [shell = '', ...more] = completion.args;
    const complete = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (complete === undefined || more.length > 0) {
      throw new UsageError(`completion needs one of ${shells}`);
    }
    process.stdout.write(complete(program));
  });
  program.addCommand(completion);
}

/** A command's options, and the words that may be its arguments. */
function listWords(command: Command): string[] {
  const options = command.options.flatMap(({ long }) => (long ? [long] : []));
  const shells = command.name() === 'completion' ? Object.keys(SHELLS) : [];
  return [...shells, ...options, '--help'];
}

function completeBash(program: Command): string {
  const names = program.commands.map((command) => command.name());
  const withValue = program.commands
    .flatMap(({ options }) => options)
    .flatMap(({ long, required }) => (long && required ? [long] : []));
  const cases = program.commands.map(
    (command) => `    ${command.name()}) words='${listWords(command).join(' ')}' ;;`,
  );
  return `_newswire() {
  local word=\${COMP_WORDS[COMP_CWORD]} words=
  COMPREPLY=()
  case \${COMP_WORDS[COMP_CWORD - 1]} in
    ${[...new Set(withValue)].join('|')}) return ;;
  esac
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  if ((COMP_CWORD == 1)); then words='${[...names, 'help', '--help', '--version'].join(' ')}'; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _newswire newswire
`;
}

function completeZsh(program: Command): string {
  const names = program.commands.map(
    (command) => `    ${quote(`${command.name()}:${command.description()}`)}`,
  );
  const cases = program.commands.map(
    (command) => `    ${command.name()}) compadd -- ${listWords(command).join(' ')} ;;`,
  );
  return `#compdef newswire
_newswire() {
  local -a commands=(
${names.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    compadd -- help --help --version
    return
  fi
  case $words[2] in
${cases.join('\n')}
  esac
}
compdef _newswire newswire
`;
}

function completeFish(program: Command): string {
  const lines = program.commands.flatMap((command) => {
    const name = command.name();
    const seen = `-n '__fish_seen_subcommand_from ${name}'`;
    const options = command.options.map(
      ({ long = '', required, description }) =>
        `complete -c newswire ${seen} -l ${long.slice(2)}${required ? ' -r' : ''} -d ${quote(description)}`,
    );
    const shells = name === 'completion' ? Object.keys(SHELLS) : [];
    return [
      `complete -c newswire -n __fish_use_subcommand -a ${name} -d ${quote(command.description())}`,
      ...shells.map((shell) => `complete -c newswire ${seen} -a ${shell}`),
      ...options,
    ];
  });
  return ['complete -c newswire -f', 'complete -c newswire -l help', ...lines, ''].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
