import { until } from './until.js';

/** Sends one request to the server API. Resolves with the parsed answer for every HTTP status. */
export async function callApi(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const response = await fetch(`${url}/api/${method}`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return response.json();
}

export function publish(url: string, channel: string, data: unknown): Promise<unknown> {
  return callApi(url, 'publish', { channel, data });
}

/** The number of an edge's clients, from its metrics; 0 while it does not answer. */
export async function sessionsOn({ url }: { readonly url: string }): Promise<number> {
  const metrics = await fetch(`${url}/metrics`).then(
    (response) => response.text(),
    () => '',
  );
  return Number(/^newswire_edge_sessions (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

/** Resolves once the channel has exactly this many live subscribers. */
export async function subscribed(url: string, channel: string, count: number): Promise<void> {
  await until(`${count} subscribers of ${channel}`, async () => {
    const answer = (await callApi(url, 'channels', {})) as {
      result?: { channels: Record<string, { num_clients: number }> };
    };
    return (answer.result?.channels[channel]?.num_clients ?? 0) === count;
  });
}
