/** One line of JSON text, such as a publication's data. The publishing side makes it safe once. */
export type JsonLine = string;

/** A position in one channel's log. Offsets count 1, 2, 3…; the epoch names the log generation. */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** One publication of a channel. */
export interface Publication {
  readonly offset: number;
  readonly data: JsonLine;
  /** JSON members next to data and offset in a push, joined by commas: `"tags":{…},"info":{…}`. */
  readonly extra?: string;
  /** Delivered and recovered like any other publication, but not listed in replies to `history`. */
  readonly isTransient?: true;
}

/** A client, as listed in presence, in join and leave pushes, and in its publications. */
export interface ClientInfo {
  /** The session's id. */
  readonly client: string;
  /** Empty for an anonymous client. */
  readonly user: string;
  /** The info of its connection and of its subscription, each one line of JSON. */
  readonly connInfo?: JsonLine;
  readonly chanInfo?: JsonLine;
}

/** The JSON text of a client's info, in Centrifuge's format. */
export function toInfoLine({ client, user, connInfo, chanInfo }: ClientInfo): JsonLine {
  const known = `{"user":${JSON.stringify(user)},"client":${JSON.stringify(client)}`;
  const conn = connInfo === undefined ? '' : `,"conn_info":${connInfo}`;
  const chan = chanInfo === undefined ? '' : `,"chan_info":${chanInfo}`;
  return `${known}${conn}${chan}}`;
}

/**
 * The JSON text of a value, on one line and in valid UTF-8: `JSON.stringify` escapes control
 * characters and lone surrogates. Protocols that end messages by newlines depend on this: a raw newline would end a
 * frame.
 */
export function toJsonLine(value: unknown): JsonLine {
  return JSON.stringify(value);
}

/** A publication's data as text: a string's characters, or any other value's JSON text. */
export function toPlainText(data: JsonLine): string {
  if (!data.startsWith('"')) return data;
  if (!data.includes('\\')) return data.slice(1, -1);
  // A lone surrogate is not valid UTF-8: sent raw, it would make the client drop the connection.
  return (JSON.parse(data) as string).toWellFormed();
}

/** The channel to which a wildcard's publication was published. It is next to the data. */
export function getSourceChannel({ extra = '' }: Publication): string {
  return /^"channel":"([^"]*)"/.exec(extra)?.[1] ?? '';
}
