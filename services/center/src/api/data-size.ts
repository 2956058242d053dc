import { ProtocolError, type JsonLine } from '@newswire/protocol';

/** Throws error 106 if the data's JSON text has more UTF-8 bytes than are allowed. */
export function checkDataSize(data: JsonLine, maxDataBytes: number): void {
  const bytes = Buffer.byteLength(data);
  if (bytes <= maxDataBytes) return;
  const detail = `data has ${bytes} bytes as JSON, ${maxDataBytes} are allowed`;
  throw new ProtocolError('limitExceeded', detail);
}
