import { execFileSync } from 'node:child_process';
import { missingPrograms, ROOT } from '@newswire/testkit';
import { describe, expect, test } from 'vitest';

const SCRIPT = `${ROOT}packages/cli/bin/newswire.js`;

/** Runs a program of a shell in which `newswire` is this command. */
function runIn(shell: string, program: string): string[] {
  const define =
    shell === 'fish'
      ? `function newswire; '${process.execPath}' '${SCRIPT}' $argv; end`
      : `newswire() { '${process.execPath}' '${SCRIPT}' "$@"; }`;
  const text = execFileSync(shell, ['-c', `${define}\n${program}`], { encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '');
}

/** The words that bash offers for the last one of a line. */
function completeInBash(...words: string[]): string[] {
  return runIn(
    'bash',
    `source <(newswire completion bash)
    COMP_WORDS=(newswire ${words.map((word) => `'${word}'`).join(' ')})
    COMP_CWORD=${words.length}
    _newswire
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
}

describe('newswire completion', () => {
  test.each([
    [['pub'], ['publish']],
    [['--v'], ['--version']],
    [
      ['token', '--'],
      ['--user', '--channel', '--expires-in', '--info', '--help'],
    ],
    [['publish', 'a', 'b', '--f'], ['--from-env']],
    [['history', '--limit', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', '--help'],
    ],
  ])('bash completes %j to %j', (words, offered) => {
    expect(completeInBash(...words)).toEqual(offered);
  });

  test.skipIf(missingPrograms('zsh').length > 0)('zsh defines it', () => {
    const program = `autoload -U compinit; compinit -D -u; source <(newswire completion zsh)
      print $_comps[newswire]`;
    expect(runIn('zsh', program)).toEqual(['_newswire']);
  });

  test.skipIf(missingPrograms('fish').length > 0)('fish completes it', () => {
    const program = `newswire completion fish | source
      complete -C 'newswire pub'; complete -C 'newswire token --e'`;
    expect(runIn('fish', program).map((line) => line.split('\t')[0])).toEqual([
      'publish',
      '--expires-in',
    ]);
  });
});
