import { rawMembers, toJsonLine, toOneLine, toPlainText, type JsonLine } from '@newswire/protocol';

/** The event as which clients receive a publication that names none. */
const DEFAULT_EVENT = 'message';

/** Names of events that only newswire itself sends. */
const RESERVED_EVENT = /^pusher(_internal)?:/;

/** The longest name of an event, in UTF-16 code units. */
export const MAX_EVENT_NAME_LENGTH = 200;

/** One event: its data is the text that clients receive. */
export interface PusherEvent {
  readonly name: string;
  readonly data: string;
}

export function isReservedEvent(name: string): boolean {
  return RESERVED_EVENT.test(name);
}

/** The data of the publication that carries an event: `{"event":"a","data":{…}}`. */
export function toEventLine(name: string, data: JsonLine): JsonLine {
  return `{"event":${toJsonLine(name)},"data":${data}}`;
}

/**
 * The JSON of an event's data, which is a text in Pusher's API. Text that is JSON stays as it is, any
 * other text becomes a JSON string.
 */
export function toEventData(text: string): JsonLine {
  return isJson(text) ? toOneLine(text) : toJsonLine(text);
}

/**
 * The event that a publication is to clients of Pusher's protocol: an object with `event` and `data`
 * is that event, and anything else the data of an event `message`.
 */
export function readEvent(line: JsonLine): PusherEvent {
  const members = line.startsWith('{') ? rawMembers(line) : undefined;
  const [event, data] = [members?.get('event'), members?.get('data')];
  if (members?.size === 2 && event?.startsWith('"') && data !== undefined) {
    const name = toPlainText(event);
    if (name !== '' && !isReservedEvent(name)) return { name, data: toEventText(data) };
  }
  return { name: DEFAULT_EVENT, data: toEventText(line) };
}

/**
 * The inverse of `toEventData`, so that a client that parses the text, as all libraries do, gets the
 * same value: a string whose characters are JSON keeps its quotes.
 */
function toEventText(data: JsonLine): string {
  if (!data.startsWith('"')) return data;
  const text = toPlainText(data);
  return isJson(text) ? data : text;
}

function isJson(text: string): boolean {
  // Most texts that are no JSON are recognized by their first character.
  if (!/^[\s]*["{[\-0-9tfn]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
