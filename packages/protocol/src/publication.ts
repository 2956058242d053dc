/** One line of JSON text: what a publication carries, made safe once, by the publishing side. */
export type JsonLine = string;

/** A place in one channel's log. Offsets count 1, 2, 3…; the epoch names one generation of that log. */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** One item of a channel. */
export interface Publication {
  readonly offset: number;
  readonly data: JsonLine;
  /** JSON members that go beside data and offset in a push, joined by commas: `"tags":{…},"info":{…}`. */
  readonly extra?: string;
  /** Delivered and recovered like all others, but not listed where somebody asks for the history. */
  readonly isTransient?: true;
}

/** Who is told of in presence, in join and leave pushes, and in a client's publications. */
export interface ClientInfo {
  /** The session's id. */
  readonly client: string;
  /** Empty where nobody is known. */
  readonly user: string;
  /** What its connection and its subscription say of it, each one line of JSON. */
  readonly connInfo?: JsonLine;
  readonly chanInfo?: JsonLine;
}

/** The JSON text of a client's info, as Centrifuge has it. */
export function toInfoLine({ client, user, connInfo, chanInfo }: ClientInfo): JsonLine {
  const known = `{"user":${JSON.stringify(user)},"client":${JSON.stringify(client)}`;
  const conn = connInfo === undefined ? '' : `,"conn_info":${connInfo}`;
  const chan = chanInfo === undefined ? '' : `,"chan_info":${chanInfo}`;
  return `${known}${conn}${chan}}`;
}

/**
 * The JSON text of a value, on one line and in valid UTF-8: `JSON.stringify` escapes control
 * characters and lone surrogates. Line-framed wires rely on this; a raw newline would end a frame.
 */
export function toJsonLine(value: unknown): JsonLine {
  return JSON.stringify(value);
}
