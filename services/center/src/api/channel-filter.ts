import { ProtocolError } from '@newswire/protocol';

/** What one character of a pattern may stand for; `undefined` is `*`: any characters, or none. */
type Place = ((character: string) => boolean) | undefined;

const MAX_PATTERN_LENGTH = 512;

/** How many patterns the braces of one may stand for. */
const MAX_ALTERNATIVES = 64;

/**
 * Whether a channel's name matches a glob as a whole: `*` any characters, `?` one, `[ab]`, `[a-z]`,
 * `[!a-z]`, and `{one,other}` without braces inside. No character parts a name: `*` goes past all.
 * Throws error 107 for what is no such pattern, 106 for one too long. Takes time in the product of both
 * lengths at most, whatever the pattern.
 */
export function channelFilter(pattern: string): (name: string) => boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    const detail = `pattern has more than ${MAX_PATTERN_LENGTH} characters`;
    throw new ProtocolError('limitExceeded', detail);
  }
  const globs = alternatives(pattern).map(placesOf);
  return (name) => globs.some((places) => matches(places, name));
}

function alternatives(pattern: string): string[] {
  let all = [''];
  for (const part of pattern.split(/(\{[^{}]*\})/)) {
    const isBrace = part.startsWith('{') && part.endsWith('}');
    if (!isBrace && /[{}]/.test(part)) throw badPattern('a brace is not closed, or inside another');
    const choices = isBrace ? part.slice(1, -1).split(',') : [part];
    if (all.length * choices.length > MAX_ALTERNATIVES) {
      throw new ProtocolError('limitExceeded', 'pattern has too many alternatives in braces');
    }
    all = all.flatMap((start) => choices.map((choice) => start + choice));
  }
  return all;
}

function placesOf(glob: string): Place[] {
  const places: Place[] = [];
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at);
    if (character === '*') places.push(undefined);
    else if (character === '?') places.push(() => true);
    else if (character === '[') {
      const end = glob.indexOf(']', at + 2);
      if (end < 0) throw badPattern('a bracket is not closed');
      places.push(classOf(glob.slice(at + 1, end)));
      at = end;
    } else places.push((given) => given === character);
  }
  return places;
}

/** `abc`, `a-z`, or several of those; a `!` before them stands for all others. */
function classOf(text: string): (character: string) => boolean {
  const isNegated = text.startsWith('!');
  const ranges = [...text.slice(isNegated ? 1 : 0).matchAll(/(.)-(.)|./gsu)];
  return (character) =>
    isNegated !==
    ranges.some(([whole, from = whole, to = whole]) => character >= from && character <= to);
}

/** Goes back to the last `*` only: what an earlier one could take over, the last one can. */
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
