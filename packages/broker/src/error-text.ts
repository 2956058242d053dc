import { ERRORS, ProtocolError, type ErrorKind } from '@newswire/protocol';

/** `code message`. An error that is not a ProtocolError becomes error 100 without its message. */
export function errorText(error: unknown): string {
  const known =
    error instanceof ProtocolError ? error : new ProtocolError('internal', 'the operation failed');
  return `${known.code} ${known.message.replaceAll(/\s+/g, ' ')}`;
}

/** Undefined if the text names no known error. */
export function parseError(text: string): ProtocolError | undefined {
  const [code, ...words] = text.split(' ');
  const message = words.join(' ');
  const known = Object.entries(ERRORS).find(([, error]) => String(error.code) === code);
  if (known === undefined) return undefined;
  const [kind, { message: start }] = known;
  const detail = message.startsWith(`${start}: `) ? message.slice(start.length + 2) : undefined;
  return new ProtocolError(kind as ErrorKind, detail);
}
