import type { ErrorBody } from '@newswire/protocol';
import type { CommandContext } from './command.js';

/** An answer of the server API. */
export interface Answer<R> {
  readonly result?: R;
  readonly error?: ErrorBody;
  /** The JSON that it was parsed from, where numbers have all their digits. */
  readonly text?: string;
}

const ANSWER_LIMIT_MS = 10_000;

/** One request to the server API. Where nothing answers, that is a temporary error, too. */
export async function post<R>(
  { url, apiKey }: Pick<CommandContext, 'url' | 'apiKey'>,
  method: string,
  body: string,
): Promise<Answer<R>> {
  try {
    const response = await fetch(`${url}/api/${method}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(apiKey && { 'X-API-Key': apiKey }) },
      body,
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const text = await response.text();
    return { ...(JSON.parse(text) as Answer<R>), text };
  } catch {
    const message = `nothing answers at ${url}: start newswire with make start or make up`;
    return { error: { code: 100, message, temporary: true } };
  }
}
