import { ProtocolError } from '@newswire/protocol';

/** Matches one character of a name. `undefined` is `*`, which matches any characters or none. */
type Place = ((character: string) => boolean) | undefined;

const MAX_PATTERN_LENGTH = 512;

/** Maximum number of patterns that the braces of one pattern may expand to. */
const MAX_ALTERNATIVES = 64;

/**
 * Whether a glob matches a channel's whole name: `*` any characters, `?` one, `[ab]`, `[a-z]`,
 * `[!a-z]`, and `{one,other}` without braces inside. No character is a separator: `*` matches all.
 * Throws error 107 for an invalid pattern, 106 for one that is too long. The time is at most
 * proportional to the product of both lengths, for every pattern.
 */
export function channelFilter(pattern: string): (name: string) => boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    const detail = `pattern has more than ${MAX_PATTERN_LENGTH} characters`;
    throw new ProtocolError('limitExceeded', detail);
  }
  const globs = alternatives(pattern).map(parseGlob);
  return (name) => globs.some((places) => matches(places, name));
}

function alternatives(pattern: string): string[] {
  let all = [''];
  for (const part of pattern.split(/(\{[^{}]*\})/)) {
    const isBrace = part.startsWith('{') && part.endsWith('}');
    if (!isBrace && /[{}]/.test(part)) throw badPattern('a brace is not closed or is nested');
    const choices = isBrace ? part.slice(1, -1).split(',') : [part];
    if (all.length * choices.length > MAX_ALTERNATIVES) {
      throw new ProtocolError('limitExceeded', 'pattern has too many alternatives in braces');
    }
    all = all.flatMap((start) => choices.map((choice) => start + choice));
  }
  return all;
}

function parseGlob(glob: string): Place[] {
  const places: Place[] = [];
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at);
    if (character === '*') places.push(undefined);
    else if (character === '?') places.push(() => true);
    else if (character === '[') {
      const end = glob.indexOf(']', at + 2);
      if (end < 0) throw badPattern('a bracket is not closed');
      places.push(parseClass(glob.slice(at + 1, end)));
      at = end;
    } else places.push((given) => given === character);
  }
  return places;
}

/** `abc`, `a-z`, or several of those. A `!` before them matches all other characters. */
function parseClass(text: string): (character: string) => boolean {
  const isNegated = text.startsWith('!');
  const ranges = [...text.slice(isNegated ? 1 : 0).matchAll(/(.)-(.)|./gsu)];
  return (character) =>
    isNegated !==
    ranges.some(([whole, from = whole, to = whole]) => character >= from && character <= to);
}

/** Backtracks only to the last `*`: it can match everything that an earlier one could match. */
function matches(places: readonly Place[], name: string): boolean {
  let place = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < name.length) {
    const test = places[place];
    if (place < places.length && test === undefined) {
      star = place++;
      starAt = at;
    } else if (test?.(name.charAt(at)) === true) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++starAt;
    } else return false;
  }
  return places.slice(place).every((rest) => rest === undefined);
}

function badPattern(detail: string): ProtocolError {
  return new ProtocolError('badRequest', `pattern: ${detail}`);
}
