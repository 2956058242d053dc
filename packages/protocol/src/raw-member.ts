import { toJsonLine, type JsonLine } from './publication.js';

// Character codes: comparisons of one-character strings cost several times as much.
const charCode = (character: string) => character.charCodeAt(0);
const QUOTE = charCode('"');
const BACKSLASH = charCode('\\');
const COMMA = charCode(',');
const OPEN_BRACE = charCode('{');
const CLOSE_BRACE = charCode('}');
const OPEN_BRACKET = charCode('[');
const CLOSE_BRACKET = charCode(']');
const SPACE = charCode(' ');
const TAB = charCode('\t');
const LINE_FEED = charCode('\n');
const CARRIAGE_RETURN = charCode('\r');

/**
 * The text of one member's value in a JSON object, on one line; undefined if there is no such
 * member. `json` must be the text of a valid object. The text is not parsed and written again, so a
 * number too long for JavaScript and the order of keys stay as the publisher wrote them. Of several
 * members with the same name, the last counts, as in JSON.parse.
 */
export function rawMember(json: string, name: string): JsonLine | undefined {
  let found: string | undefined;
  let at = skipSpace(json, json.indexOf('{') + 1);
  while (json.charCodeAt(at) === QUOTE) {
    const keyEnd = endOfString(json, at);
    const start = skipSpace(json, json.indexOf(':', keyEnd) + 1);
    const end = endOfValue(json, start);
    if (isKey(json, at, keyEnd, name)) found = json.slice(start, end);
    at = skipSpace(json, skipSpace(json, end) + 1);
  }
  return found === undefined ? undefined : onOneLine(found);
}

/** All members of a JSON object, each as `rawMember` returns it, in one pass. */
export function rawMembers(json: string): Map<string, JsonLine> {
  const members = new Map<string, JsonLine>();
  let at = skipSpace(json, json.indexOf('{') + 1);
  while (json.charCodeAt(at) === QUOTE) {
    const keyEnd = endOfString(json, at);
    const start = skipSpace(json, json.indexOf(':', keyEnd) + 1);
    const end = endOfValue(json, start);
    members.set(JSON.parse(json.slice(at, keyEnd)) as string, onOneLine(json.slice(start, end)));
    at = skipSpace(json, skipSpace(json, end) + 1);
  }
  return members;
}

/**
 * The text of a JSON value on one line. A string is parsed and written again, which loses nothing.
 */
export function toOneLine(json: string): JsonLine {
  const line = onOneLine(json.trimStart());
  return line.charCodeAt(0) === QUOTE ? toJsonLine(JSON.parse(line)) : line;
}

/** A string cannot contain a raw line break, so all line breaks are between tokens. */
function onOneLine(json: string): JsonLine {
  return json.trimEnd().replace(/[\r\n]/g, ' ');
}

export function skipSpace(json: string, from: number): number {
  let at = from;
  while (isSpace(json.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB;
}

/** Whether the string from `start` to `end` is `name`, even if it is written with escapes. */
function isKey(json: string, start: number, end: number, name: string): boolean {
  const key = json.slice(start + 1, end - 1);
  return key.includes('\\') ? JSON.parse(`"${key}"`) === name : key === name;
}

/** The index just after the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = start; ;) {
    at = json.indexOf('"', at + 1);
    let escapes = 0;
    while (json.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
}

/** The index just after the value that begins at `start`, and after any space behind it. */
export function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(json, at) - 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        break;
      case COMMA:
        if (depth === 0) return at;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (depth-- === 0) return at;
        break;
      default: // a character of a number, a literal, or space
    }
  }
  return json.length;
}
