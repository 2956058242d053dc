import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** ReplyBatch one request, or leaves it hanging. */
export type Answer = (response: ServerResponse, asked: Asked) => void;

export function json(value: unknown, status = 200): Answer {
  return (response) => response.writeHead(status).end(JSON.stringify(value));
}

export const hang: Answer = () => undefined;

/** A real HTTP server on loopback, which ends with the test. */
export class Backend {
  answer: Answer;
  readonly asked: Asked[] = [];
  readonly url: string;
  readonly #close: () => void;

  private constructor(url: string, answer: Answer, close: () => void) {
    this.url = url;
    this.answer = answer;
    this.#close = close;
  }

  static async start(answer: Answer): Promise<Backend> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        const asked = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
        backend.asked.push(asked);
        backend.answer(response, asked);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = () => {
      server.close();
      server.closeAllConnections();
    };
    const { port } = server.address() as AddressInfo;
    const backend = new Backend(`http://127.0.0.1:${port}/`, answer, close);
    onTestFinished(close);
    return backend;
  }

  close(): void {
    this.#close();
  }
}
