import type { JsonLine } from './publication.js';

/**
 * The text of one member's value in a JSON object, on one line; undefined if it has none. `json`
 * must be the text of a valid object. Taken as text and not parsed and written again, a number too
 * long for JavaScript or an order of keys stays as the publisher wrote it. The last of several
 * members of one name counts, as it does for JSON.parse.
 */
export function rawMember(json: string, name: string): JsonLine | undefined {
  let found: string | undefined;
  let at = skipSpace(json, json.indexOf('{') + 1);
  while (json[at] === '"') {
    const keyEnd = endOfString(json, at);
    const key: unknown = JSON.parse(json.slice(at, keyEnd));
    const start = skipSpace(json, json.indexOf(':', keyEnd) + 1);
    const end = endOfValue(json, start);
    if (key === name) found = json.slice(start, end);
    at = skipSpace(json, skipSpace(json, end) + 1);
  }
  // A string can't hold a raw line break: the ones there are stand between tokens.
  return found?.trimEnd().replace(/[\r\n]/g, ' ');
}

export function skipSpace(json: string, from: number): number {
  let at = from;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++;
  return at;
}

/** Just after the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; ; at++) {
    if (json[at] === '\\') at++;
    else if (json[at] === '"') return at + 1;
  }
}

/** Just after the value that begins at `start`, with any space behind it. */
export function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    switch (json[at]) {
      case '"':
        at = endOfString(json, at) - 1;
        break;
      case '{':
      case '[':
        depth++;
        break;
      case ',':
        if (depth === 0) return at;
        break;
      case '}':
      case ']':
        if (depth-- === 0) return at;
        break;
      default: // a character of a number, a literal, or space
    }
  }
  return json.length;
}
