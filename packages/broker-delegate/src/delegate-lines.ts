import { ProtocolError, type Publication } from '@newswire/protocol';
import {
  type HistoryPage,
  type Generation,
  type PublicationVersion,
  fromPublicationText,
  toPublicationText,
} from '@newswire/broker';

/**
 * The first character of each line on a link between center and an edge. Fields follow, separated
 * by spaces. The last field may contain spaces: data is sent unchanged, because it is one line
 * already.
 */
export const LINE = {
  /** In both directions. */
  beat: '.',
  /**
   * To the edge: `P channel offset epoch publication`, with `!` after the epoch if the publication
   * begins a generation.
   */
  publication: 'P',
  /** To the edge: `R channel upToOffset epoch`. */
  removal: 'R',
  /** To the edge: `I id offset age publication`, a part of the answer to a history request. */
  item: 'I',
  /** To the edge: `= id …`, the answer to a request. */
  done: '=',
  /** To the edge: `! id code message`. */
  failed: '!',
  /** To the edge: `? id request`, a control request in JSON; answered by `A id answer`. */
  request: '?',
  answer: 'A',
  /** To center: `V id uid`: this edge answers control requests. */
  serve: 'V',
  /**
   * To center: `Q id uid request`, a control request of this edge. The uid `*` means every edge.
   */
  relay: 'Q',
  /**
   * To center: `J id channel how member`: a member is present. `how`: `+` or `-`, whether watchers
   * are notified, followed by `=` if this edge has sent the member to a center before.
   */
  join: 'J',
  /** To center: `L id channel how client`: a member has left. */
  leave: 'L',
  /** To center: `T id`: this edge has sent all its members again. */
  reported: 'T',
  /** To center: `Y id`: all members of this edge leave. */
  leaveAll: 'Y',
  /** To center: `M id channel`, answered by members in JSON; `N id channel` by `clients users`. */
  members: 'M',
  stats: 'N',
  /** To center: `K id channel` starts notifications of changes; `D channel` ends them. */
  watch: 'K',
  unwatch: 'D',
  /** To the edge: `E channel change`. A change is `+` or `-` and a member. */
  change: 'E',
  /** To center: `Z id batch`: events for webhooks in JSON; answered by an EventBatchAnswer. */
  events: 'Z',
  /** To center: `S id channel`. */
  subscribe: 'S',
  /** To center: `U channel`. No answer: lines keep their order, so a later `S` applies. */
  unsubscribe: 'U',
  /** To center: `H id channel sinceOffset limit`. */
  history: 'H',
  /**
   * To center: `W id channel key version publication`. The key is `-`, or the idempotency key in
   * base64url; `versionField` writes the version.
   */
  publish: 'W',
  /** To center: `G id`, answered by the list of blocked users in JSON. */
  blocked: 'G',
  /** To center: `X id channel`. */
  removeHistory: 'X',
} as const;

/** Used in place of a uid. It is not a valid uid of an edge. */
export const EVERY_EDGE = '*';

/** Both center and an edge close a link when they receive a line that they do not understand. */
export class LineError extends Error {
  constructor() {
    super('sent an invalid line');
    this.name = 'LineError';
  }
}

/**
 * Returns `count` fields of a line, without its first character. The last field is the rest of the
 * line.
 */
export function splitFields(line: string, count: number): string[] {
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

/** Parses an integer of 0 or more. */
export function parseNumber(field: string | undefined): number {
  const number = Number(field);
  if (!field || !Number.isSafeInteger(number) || number < 0) throw new LineError();
  return number;
}

/** A publication in a page, with its age. */
export interface PageItem {
  readonly publication: Publication;
  readonly ageMs: number;
}

export interface ParsedPublication {
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

export function parsePublication(line: string): ParsedPublication {
  const [channel = '', offset, word = '', text = ''] = splitFields(line, 4);
  const isFirst = word.endsWith('!');
  const epoch = isFirst ? word.slice(0, -1) : word;
  const publication = fromPublicationText(parseNumber(offset), text);
  // Center's logs are in its memory: no generation follows another.
  const generation = { epoch, firstOffset: publication.offset, follows: undefined };
  return { channel, publication, epoch, begins: isFirst ? generation : undefined };
}

/** The end of a page. Its publications are sent before it, one line each. */
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
  const [id, offset, age, text = ''] = splitFields(line, 4);
  const publication = fromPublicationText(parseNumber(offset), text);
  return { id: parseNumber(id), item: { publication, ageMs: parseNumber(age) } };
}

export function parsePage(text: string, items: readonly PageItem[]): HistoryPage {
  const publications = items.map(({ publication }) => publication);
  const agesMs = items.map(({ ageMs }) => ageMs);
  if (text === '') return { publications, agesMs, topOffset: 0, generation: undefined };
  const [topOffset, epoch = '', firstOffset, offset, before] = text.split(' ');
  const follows = before === undefined ? undefined : { offset: parseNumber(offset), epoch: before };
  const generation: Generation = { epoch, firstOffset: parseNumber(firstOffset), follows };
  return { publications, agesMs, topOffset: parseNumber(topOffset), generation };
}

export function keyField(key: string | undefined): string {
  return key ? Buffer.from(key).toString('base64url') : '-';
}

export function parseKey(field: string): string | undefined {
  return field === '-' ? undefined : Buffer.from(field, 'base64url').toString();
}

/** The field of a publication's version: `<number>:<epoch in base64url>`, or `-`. */
export function versionField(version: PublicationVersion | undefined): string {
  if (version === undefined) return '-';
  return `${version.number}:${Buffer.from(version.epoch).toString('base64url')}`;
}

export function parseVersion(field: string): PublicationVersion | undefined {
  if (field === '-') return undefined;
  const [number, epoch = ''] = field.split(':');
  return { number: parseNumber(number), epoch: Buffer.from(epoch, 'base64url').toString() };
}

/** Data is one line by contract. On a link, a second line would be read as a command. */
export function checkOneLine(data: string): void {
  if (data.includes('\n')) throw new ProtocolError('badRequest', 'data contains a line break');
}
