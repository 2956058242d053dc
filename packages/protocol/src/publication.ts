/** One line of JSON text: what a publication carries, made safe once, by the publishing side. */
export type JsonLine = string;

/** A place in one channel's log. Offsets count 1, 2, 3…; the epoch names one life of that log. */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** One item of a channel. */
export interface Publication {
  readonly offset: number;
  readonly data: JsonLine;
}

/**
 * The JSON text of a value, on one line and in valid UTF-8: `JSON.stringify` escapes control
 * characters and lone surrogates. Line-framed wires rely on this; a raw newline would end a frame.
 */
export function toJsonLine(value: unknown): JsonLine {
  return JSON.stringify(value);
}
