import { ProtocolError, type JsonLine, type Publication } from '@newswire/protocol';
import type { PublishOptions } from './broker.js';

/**
 * The text form of a publication for places that hold only data: a log, a message, a line. A plain
 * publication is its data, unchanged. Any other begins with a sign that no JSON text begins with;
 * then come the extra members, a separator that no JSON text contains, and the data.
 */
const EXTENDED = '+';
const TRANSIENT = '*';
const EXTENDED_CODE = EXTENDED.charCodeAt(0);
const TRANSIENT_CODE = TRANSIENT.charCodeAt(0);
const SEPARATOR = '\u001e';

type Traits = Pick<PublishOptions, 'extra' | 'isTransient'>;

/** Throws error 107 if `extra` has a line break or the separator. */
export function toPublicationText(data: JsonLine, traits: Traits): string {
  const { extra, isTransient } = traits;
  if (extra === undefined && isTransient === undefined) return data;
  checkExtra(traits);
  return `${isTransient ? TRANSIENT : EXTENDED}${extra ?? ''}${SEPARATOR}${data}`;
}

/** A text that has a sign and no separator does not come from newswire: it counts as data. */
export function fromPublicationText(offset: number, text: string): Publication {
  const sign = text.charCodeAt(0);
  if (sign !== EXTENDED_CODE && sign !== TRANSIENT_CODE) return { offset, data: text };
  const end = text.indexOf(SEPARATOR);
  if (end < 0) return { offset, data: text };
  const traits = { extra: text.slice(1, end), isTransient: sign === TRANSIENT_CODE };
  return newPublication(offset, text.slice(end + 1), traits);
}

/** Builds a publication without empty members. */
export function newPublication(
  offset: number,
  data: JsonLine,
  { extra, isTransient }: { readonly extra?: string; readonly isTransient?: boolean },
): Publication {
  if (!extra && !isTransient) return { offset, data };
  const transient = isTransient ? ({ isTransient } as const) : {};
  return extra ? { offset, data, extra, ...transient } : { offset, data, ...transient };
}

export function checkExtra({ extra }: Traits): void {
  if (extra === undefined) return;
  // Three searches instead of a regular expression, which costs several times as much.
  if (!extra.includes('\n') && !extra.includes('\r') && !extra.includes(SEPARATOR)) return;
  throw new ProtocolError(
    'badRequest',
    'the tags, client info or channel of a publication contain a line break',
  );
}
