import { ProtocolError, type Publication } from '@newswire/protocol';
import type { HistoryPage, Generation } from '../broker.js';
import { fromPublicationText, toPublicationText } from '../publication-text.js';

/**
 * What stands at the start of each line on a link between center and an edge; fields follow, with a
 * space between. The last field may hold spaces itself: data goes as it is, being one line already.
 */
export const LINE = {
  /** Both ways. */
  beat: '.',
  /** To the edge: `P channel offset epoch publication`, with `!` behind the epoch where it begins a generation. */
  publication: 'P',
  /** To the edge: `R channel upToOffset epoch`. */
  removal: 'R',
  /** To the edge: `I id offset age publication`, a part of the answer to a request for history. */
  item: 'I',
  /** To the edge: `= id …`, a request's answer. */
  done: '=',
  /** To the edge: `! id code message`. */
  failed: '!',
  /** To the edge: `? id request`, a control request in JSON; answered by `A id answer`. */
  ask: '?',
  answer: 'A',
  /** To center: `V id uid`, this edge answers control requests. */
  serve: 'V',
  /** To center: `Q id uid request`, a control request of this edge; the uid `*`: to every edge. */
  relay: 'Q',
  /**
   * To center: `J id channel how member`, somebody is there. `how`: `+` or `-`, whether watchers are
   * told, and `=` behind it where center was told before.
   */
  join: 'J',
  /** To center: `L id channel how client`, somebody has left. */
  leave: 'L',
  /** To center: `T id`, this edge has told anew of all that are there. */
  told: 'T',
  /** To center: `Y id`, all this edge's members leave. */
  leaveAll: 'Y',
  /** To center: `M id channel`, answered by members in JSON; `N id channel` by `clients users`. */
  members: 'M',
  stats: 'N',
  /** To center: `K id channel`, tell me of changes; `D channel`, no longer. */
  watch: 'K',
  unwatch: 'D',
  /** To the edge: `E channel change`, a change being `+` or `-` and a member. */
  change: 'E',
  /** To center: `S id channel`. */
  subscribe: 'S',
  /** To center: `U channel`. No answer: lines keep their order, so a later `S` counts. */
  unsubscribe: 'U',
  /** To center: `H id channel sinceOffset limit`. */
  history: 'H',
  /** To center: `W id channel key publication`; the key is `-`, or in base64url. */
  publish: 'W',
  /** To center: `X id channel`. */
  removeHistory: 'X',
} as const;

/** In a uid's place: an edge cannot be called like that. */
export const EVERY_EDGE = '*';

/** Center closes a link, and an edge too, on a line that it does not understand. */
export class LineError extends Error {
  constructor() {
    super('sent a line that is not understood');
    this.name = 'LineError';
  }
}

/** The fields of a line, `count` of them, without its first: the last one is whatever is left. */
export function fieldsOf(line: string, count: number): string[] {
  const fields: string[] = [];
  if (line[1] !== ' ') throw new LineError();
  let from = 2;
  while (fields.length < count - 1) {
    const end = line.indexOf(' ', from);
    if (end < 0) throw new LineError();
    fields.push(line.slice(from, end));
    from = end + 1;
  }
  fields.push(line.slice(from));
  return fields;
}

/** A whole number from 0 up. */
export function numberOf(field: string | undefined): number {
  const number = Number(field);
  if (!field || !Number.isSafeInteger(number) || number < 0) throw new LineError();
  return number;
}

/** A publication in a page, and its age. */
export interface PageItem {
  readonly publication: Publication;
  readonly ageMs: number;
}

export interface ReceivedPublication {
  readonly channel: string;
  readonly publication: Publication;
  readonly epoch: string;
  readonly begins: Generation | undefined;
}

export function publicationLine(
  channel: string,
  publication: Publication,
  epoch: string,
  isFirst: boolean,
): string {
  const generation = isFirst ? `${epoch}!` : epoch;
  const text = toPublicationText(publication.data, publication);
  return `${LINE.publication} ${channel} ${publication.offset} ${generation} ${text}`;
}

export function parsePublication(line: string): ReceivedPublication {
  const [channel = '', offset, word = '', text = ''] = fieldsOf(line, 4);
  const isFirst = word.endsWith('!');
  const epoch = isFirst ? word.slice(0, -1) : word;
  const publication = fromPublicationText(numberOf(offset), text);
  // Center's logs are in its memory: none follows another.
  const generation = { epoch, firstOffset: publication.offset, follows: undefined };
  return { channel, publication, epoch, begins: isFirst ? generation : undefined };
}

/** A page without its publications: they go before it, a line each. */
export function pageText({ topOffset, generation }: HistoryPage): string {
  if (generation === undefined) return '';
  const { epoch, firstOffset, follows } = generation;
  const before = follows === undefined ? '' : ` ${follows.offset} ${follows.epoch}`;
  return `${topOffset} ${epoch} ${firstOffset}${before}`;
}

/** `age`: in ms. */
export function itemLine(id: string, publication: Publication, age: number): string {
  const text = toPublicationText(publication.data, publication);
  return `${LINE.item} ${id} ${publication.offset} ${Math.max(0, Math.floor(age))} ${text}`;
}

export function parseItem(line: string): { readonly id: number; readonly item: PageItem } {
  const [id, offset, age, text = ''] = fieldsOf(line, 4);
  const publication = fromPublicationText(numberOf(offset), text);
  return { id: numberOf(id), item: { publication, ageMs: numberOf(age) } };
}

export function parsePage(text: string, items: readonly PageItem[]): HistoryPage {
  const publications = items.map(({ publication }) => publication);
  const agesMs = items.map(({ ageMs }) => ageMs);
  if (text === '') return { publications, agesMs, topOffset: 0, generation: undefined };
  const [topOffset, epoch = '', firstOffset, offset, before] = text.split(' ');
  const follows = before === undefined ? undefined : { offset: numberOf(offset), epoch: before };
  const generation: Generation = { epoch, firstOffset: numberOf(firstOffset), follows };
  return { publications, agesMs, topOffset: numberOf(topOffset), generation };
}

export function keyField(key: string | undefined): string {
  return key ? Buffer.from(key).toString('base64url') : '-';
}

export function parseKey(field: string): string | undefined {
  return field === '-' ? undefined : Buffer.from(field, 'base64url').toString();
}

/** Data is one line by its contract; here a second one would be taken for a command. */
export function checkOneLine(data: string): void {
  if (data.includes('\n')) throw new ProtocolError('badRequest', 'data is not on one line');
}
