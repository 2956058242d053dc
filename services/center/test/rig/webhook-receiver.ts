import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { freePort } from '@newswire/testkit';
import { onTestFinished } from 'vitest';

export const WEBHOOK_SECRET = 'a webhook secret of 32 characters';

export interface ReceivedEvent {
  readonly id: string;
  readonly type: string;
  readonly time: number;
  readonly channel?: string;
  readonly client?: string;
  readonly user?: string;
  readonly code?: number;
  readonly transport?: string;
}

/** Answers a request with this status after a time; undefined: never. */
type Behaviour = { readonly status: number; readonly afterMs: number } | undefined;

export const accept: Behaviour = { status: 204, afterMs: 0 };
export const acceptSlowly: Behaviour = { status: 204, afterMs: 200 };
export const refuse: Behaviour = { status: 503, afterMs: 0 };
export const hang: Behaviour = undefined;

/** A backend that receives webhooks. It checks every signature. */
export class WebhookReceiver {
  behave: Behaviour = accept;
  /** The accepted events, each once, in the order of their first arrival; and how many came again. */
  readonly events: ReceivedEvent[] = [];
  requests = 0;
  repeated = 0;
  readonly badSignatures: string[] = [];
  readonly #port: number;
  readonly #ids = new Set<string>();
  #server: Server | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(await freePort());
    await receiver.open();
    onTestFinished(() => receiver.close());
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/webhook`;
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.#receive(Buffer.concat(chunks).toString(), request.headers, response);
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  /** Like `+a`, `-a` (occupied, vacated), `>a`, `<a` (a client subscribed, unsubscribed). */
  of(channel: string): string[] {
    const mine = this.events.filter((event) => event.channel === channel);
    return mine.map(({ type }) => SIGNS[type] ?? type);
  }

  #receive(body: string, headers: IncomingHttpHeaders, response: ServerResponse): void {
    this.requests++;
    if (!isSigned(body, headers)) this.badSignatures.push(body);
    if (this.behave === undefined) return;
    const { status, afterMs } = this.behave;
    setTimeout(() => response.writeHead(status).end(), afterMs);
    if (status >= 300) return;
    const { events } = JSON.parse(body) as { events: readonly ReceivedEvent[] };
    for (const event of events) {
      if (this.#ids.has(event.id)) this.repeated++;
      else this.events.push(event);
      this.#ids.add(event.id);
    }
  }
}

const SIGNS: Readonly<Record<string, string>> = {
  channel_occupied: '+',
  channel_vacated: '-',
  client_subscribed: '>',
  client_unsubscribed: '<',
};

function isSigned(body: string, headers: IncomingHttpHeaders): boolean {
  const timestamp = String(headers['x-newswire-timestamp']);
  const given = Buffer.from(String(headers['x-newswire-signature']));
  const hmac = createHmac('sha256', WEBHOOK_SECRET).update(`${timestamp}.${body}`);
  const expected = Buffer.from(hmac.digest('hex'));
  const isRecent = Math.abs(Date.now() / 1000 - Number(timestamp)) < 60;
  return given.length === expected.length && timingSafeEqual(given, expected) && isRecent;
}
