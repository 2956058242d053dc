import type { ErrorBody } from '@newswire/protocol';
import type { CommandContext } from './command.js';
import {
  describeFailure,
  describeForeignAnswer,
  type ConnectionFailure,
} from './connection-failure.js';

/** An answer of the server API. */
export interface ApiAnswer<R> {
  readonly result?: R;
  readonly error?: ErrorBody;
  /** The JSON text before parsing, in which numbers have all their digits. */
  readonly text?: string;
}

const ANSWER_LIMIT_MS = 10_000;

/** Sends one request to the server API. A missing answer of newswire is an error, too. */
export async function post<R>(
  { url, apiKey }: Pick<CommandContext, 'url' | 'apiKey'>,
  method: string,
  body: string,
): Promise<ApiAnswer<R>> {
  try {
    const response = await fetch(`${url}/api/${method}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(apiKey && { 'X-API-Key': apiKey }) },
      body,
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    const answer = parseAnswer<R>(await response.text());
    if (answer !== undefined) return answer;
    return failed(
      describeForeignAnswer(url, response.status, response.headers.get('content-type')),
    );
  } catch (error) {
    return failed(describeFailure(url, error));
  }
}

function failed<R>(failure: ConnectionFailure): ApiAnswer<R> {
  const { message, temporary } = failure;
  return { error: { code: 100, message, ...(temporary && { temporary }) } };
}

/** Undefined if the answer is not from newswire. */
function parseAnswer<R>(text: string): ApiAnswer<R> | undefined {
  try {
    const answer = JSON.parse(text) as ApiAnswer<R> | null;
    const isOurs =
      typeof answer?.result === 'object' ||
      (typeof answer?.error?.code === 'number' && typeof answer.error.message === 'string');
    return isOurs ? { ...answer, text } : undefined;
  } catch {
    return undefined;
  }
}
