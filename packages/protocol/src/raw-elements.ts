import type { JsonLine } from './publication.js';
import { endOfValue, skipSpace } from './raw-member.js';

/** The texts of a JSON array's elements. `json` must be the text of a valid array. */
export function rawElements(json: JsonLine): JsonLine[] {
  const elements: JsonLine[] = [];
  let at = skipSpace(json, json.indexOf('[') + 1);
  while (at < json.length && json[at] !== ']') {
    const end = endOfValue(json, at);
    elements.push(json.slice(at, end).trimEnd());
    at = skipSpace(json, end + 1);
  }
  return elements;
}
