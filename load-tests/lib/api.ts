import http from 'k6/http';

/** An answer of the server API, as far as scenarios read it. */
export interface Answer {
  readonly error?: { readonly code: number; readonly message: string };
  readonly result?: {
    readonly offset?: number;
    readonly epoch?: string;
    readonly channels?: Record<string, { readonly num_clients: number }>;
    readonly publications?: readonly { readonly data: unknown }[];
  };
  /** Of a batch. */
  readonly replies?: readonly {
    readonly error?: { readonly code: number };
    readonly publish?: { readonly offset: number; readonly epoch: string };
  }[];
}

/** The publishing API as a scenario needs it. */
export class Api {
  readonly #baseUrl: string;

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  /** Publishes; returns why it was refused, or null. */
  publish(channel: string, data: unknown): string | null {
    const answer = this.call('publish', { channel, data });
    return answer.error ? `${answer.error.code} ${answer.error.message}` : null;
  }

  /** Subscribers of each of the channels, 0 for one without any. */
  subscriberCounts(channels: readonly string[]): number[] {
    const found = this.call('channels', {}).result?.channels ?? {};
    return channels.map((channel) => found[channel]?.num_clients ?? 0);
  }

  /** Why nothing can be done at the base URL, or null. */
  unreachable(): string | null {
    const { error } = this.call('channels', {});
    return error ? `${this.#baseUrl} does not answer as newswire does: ${error.message}` : null;
  }

  /** Calls a method; a failed request is an error in the answer, too. */
  call(method: string, body: unknown): Answer {
    const key = __ENV.NEWSWIRE_API_KEY;
    const headers = { 'Content-Type': 'application/json', ...(key && { 'X-API-Key': key }) };
    const params = { headers, timeout: '10s', tags: { name: method } };
    const response = http.post(`${this.#baseUrl}/api/${method}`, JSON.stringify(body), params);
    if (response.error) return { error: { code: response.status, message: response.error } };
    try {
      const answer: Answer = JSON.parse(typeof response.body === 'string' ? response.body : '');
      return answer;
    } catch {
      return { error: { code: response.status, message: 'the answer was no JSON' } };
    }
  }
}
