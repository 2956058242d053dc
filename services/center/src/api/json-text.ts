import { ProtocolError } from '@newswire/protocol';

/** JSON text that is copied into an answer: publishers' data is not parsed and written again. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A method's result as JSON text. */
export function stringifyResult(result: unknown): string {
  return result instanceof JsonText ? result.text : JSON.stringify(result);
}

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
