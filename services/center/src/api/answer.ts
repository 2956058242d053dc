import { ProtocolError } from '@newswire/protocol';
import { stringifyResult } from './json-text.js';

/**
 * One item's answer as JSON text, inside a larger answer: `{"<name>":<result>}` or `{"error":…}`.
 * Rejects with any error that is not a ProtocolError.
 */
export async function answerRequest(
  name: string,
  result: Promise<unknown>,
  onError: (code: number) => void,
): Promise<string> {
  try {
    return `{"${name}":${stringifyResult(await result)}}`;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    onError(error.code);
    return `{"error":${JSON.stringify(error.toBody())}}`;
  }
}
