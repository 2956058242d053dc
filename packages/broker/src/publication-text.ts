import { ProtocolError, type JsonLine, type Publication } from '@newswire/protocol';
import type { PublishOptions } from './broker.js';

/**
 * How brokers carry a publication where only its data has a place: in a log, a message, a line. A
 * plain one is its data, as it is. Any other begins with a sign that no JSON text begins with, then
 * what goes beside the data, a separator that no JSON text holds, and the data.
 */
const EXTENDED = '+';
const TRANSIENT = '*';
const EXTENDED_CODE = EXTENDED.charCodeAt(0);
const TRANSIENT_CODE = TRANSIENT.charCodeAt(0);
const SEPARATOR = '\u001e';

type Traits = Pick<PublishOptions, 'extra' | 'isTransient'>;

/** Throws error 107 where `extra` is not on one line. */
export function toPublicationText(data: JsonLine, traits: Traits): string {
  const { extra, isTransient } = traits;
  if (extra === undefined && isTransient === undefined) return data;
  checkExtra(traits);
  return `${isTransient ? TRANSIENT : EXTENDED}${extra ?? ''}${SEPARATOR}${data}`;
}

/** What has a sign and no separator was written by nobody here: it counts as data. */
export function fromPublicationText(offset: number, text: string): Publication {
  const sign = text.charCodeAt(0);
  if (sign !== EXTENDED_CODE && sign !== TRANSIENT_CODE) return { offset, data: text };
  const end = text.indexOf(SEPARATOR);
  if (end < 0) return { offset, data: text };
  const traits = { extra: text.slice(1, end), isTransient: sign === TRANSIENT_CODE };
  return newPublication(offset, text.slice(end + 1), traits);
}

/** Without the members that it does not need. */
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
  // Written out: a regular expression costs several times as much.
  if (!extra.includes('\n') && !extra.includes('\r') && !extra.includes(SEPARATOR)) return;
  throw new ProtocolError('badRequest', 'what goes beside the data is not on one line');
}
