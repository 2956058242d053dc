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
