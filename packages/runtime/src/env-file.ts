import { parse } from 'dotenv';
import { ConfigError } from './config-error.js';
import { readTextFile } from './text-file.js';

/**
 * Docker Compose reads the same `.env` with another parser. Only lines on which the two agree are
 * accepted: `tests/compose/env-file.test.ts` compares both parsers' values. Line separators other
 * than \n and \r\n end a line for only one of them.
 */
const BLANK = /[ \t]*(?:#[^\n\r\u2028\u2029]*)?(?:\r?\n|$)/uy;

/**
 * The names that Compose accepts. Some of its versions cut off `export` at the beginning of a name.
 */
const NAME = String.raw`[ \t]*(?:export[ \t]+)?(?<name>(?!export)[A-Za-z_]\w*)[ \t]*=`;

/** Compose reads `\'` as a quote, dotenv reads it as the end. */
const SINGLE = String.raw`'(?:[^'\\\p{Cc}\u2028\u2029]|[\n\t]|\\(?!'))*'`;

/** Compose replaces `$name` and many escapes, dotenv only `\n` and `\r`. */
const DOUBLE = String.raw`"(?:[^"\\$\p{Cc}\u2028\u2029]|[\n\t]|\\[nr])*"`;

const QUOTED = String.raw`(?:${SINGLE}|${DOUBLE})[ \t]*(?:#[^\n\r\u2028\u2029]*)?`;

/** dotenv ends the value at any `#`, Compose only at a space and `#`. */
const UNQUOTED =
  String.raw`(?!['"\x60])[^\s#$\p{Cc}\p{Cf}\p{Z}]` +
  String.raw`(?:(?:[^#$\p{Cc}\p{Cf}\p{Z}]|[ \t])*(?: #[^\n\r\u2028\u2029]*)?)`;

const SETTING = new RegExp(
  String.raw`${NAME}[ \t]*(?:${QUOTED}|${UNQUOTED})?[ \t]*(?:\r?\n|$)`,
  'uy',
);

/**
 * Reads a `.env` file and returns its values by name; none if the file does not exist. Throws
 * ConfigError for a line that newswire does not understand, that Docker Compose would read
 * differently, or that sets a name again. No value is ever shown.
 */
export function readEnvFile(file: string): Readonly<Record<string, string>> {
  const text = readTextFile(file);
  if (text === undefined) return {};
  checkEnvFile(text, file);
  return parse(text);
}

function checkEnvFile(text: string, file: string): void {
  const lineOfName = new Map<string, number>();
  let position = 0;
  while (position < text.length) {
    const line = text.slice(0, position).split('\n').length;
    const setting = matchAt(SETTING, text, position);
    const match = setting ?? matchAt(BLANK, text, position);
    if (match === null) throw new ConfigError([`${file}, line ${line}${faultAt(text, position)}`]);
    position += match[0].length;
    const name = setting?.groups?.['name'];
    if (name === undefined) continue;
    const first = lineOfName.get(name);
    if (first !== undefined || name === '__proto__') {
      const fault =
        first === undefined ? 'a variable cannot have this name' : `line ${first} sets it as well`;
      throw new ConfigError([`${file}, line ${line}${shown(name)}: ${fault}.`]);
    }
    lineOfName.set(name, line);
  }
}

function matchAt(expression: RegExp, text: string, position: number): RegExpExecArray | null {
  expression.lastIndex = position;
  return expression.exec(text);
}

function faultAt(text: string, position: number): string {
  const name = matchAt(new RegExp(NAME, 'uy'), text, position)?.groups?.['name'];
  if (name === undefined) return ' is not valid: it must be like NAME=value.';
  return (
    `${shown(name)}: Docker Compose would read another value than newswire. ` +
    'Put the value in single quotes, or in double quotes if it contains a single quote.'
  );
}

/**
 * Shows only names of newswire's settings, because a line of a broken multi-line secret may look
 * like a name.
 */
function shown(name: string): string {
  return name.startsWith('NEWSWIRE_') ? `, ${name}` : '';
}
