import { RawSocket, until } from '@newswire/testkit';

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name; several of a name are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * One connection on which each answer is read as HTTP frames it. What a server sends beyond that is
 * taken for the beginning of the next answer, as every client does.
 */
export class HttpSocket {
  readonly #socket: RawSocket;
  #read = 0;

  private constructor(socket: RawSocket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<HttpSocket> {
    return new HttpSocket(await RawSocket.open(port));
  }

  /** `bytes`: the request as it is sent. */
  async ask(bytes: string | Buffer): Promise<HttpAnswer> {
    this.#socket.send(bytes);
    return this.read(bytes.slice(0, 5).toString().startsWith('HEAD '));
  }

  send(bytes: string | Buffer): void {
    this.#socket.send(bytes);
  }

  async read(isHead = false): Promise<HttpAnswer> {
    const head = await this.#upTo('\r\n\r\n');
    const [first = '', ...lines] = head.split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    if (Number.isNaN(status)) throw new Error(`no answer begins with ${JSON.stringify(first)}`);
    if (status === 100) return this.read(isHead);
    const headers = parseHeaders(lines);
    const hasNoBody = isHead || status === 204 || status === 304;
    return { status, headers, body: hasNoBody ? '' : await this.#body(headers) };
  }

  /** Resolves with everything that was received once what has not been read contains `text`. */
  async receives(text: string): Promise<string> {
    await until(JSON.stringify(text), () => this.#socket.received.includes(text, this.#read));
    return this.#socket.received;
  }

  async closed(): Promise<void> {
    await this.#socket.closed();
  }

  cut(): void {
    this.#socket.cut();
  }

  async #body(headers: HttpAnswer['headers']): Promise<string> {
    if (headers['transfer-encoding'] !== 'chunked') {
      return this.#take(Number(headers['content-length'] ?? 0));
    }
    let body = '';
    for (;;) {
      const size = Number.parseInt(await this.#upTo('\r\n'), 16);
      body += await this.#take(size);
      await this.#take(2);
      if (size === 0) return body;
    }
  }

  async #upTo(end: string): Promise<string> {
    const at = await until(JSON.stringify(end), () => {
      const found = this.#socket.received.indexOf(end, this.#read);
      if (found < 0 && this.#socket.isClosed) throw new Error('the connection was closed');
      return found < 0 ? undefined : { found };
    });
    const text = this.#socket.received.slice(this.#read, at.found);
    this.#read = at.found + end.length;
    return text;
  }

  async #take(count: number): Promise<string> {
    await until(`${count} bytes`, () => this.#socket.received.length >= this.#read + count);
    this.#read += count;
    return this.#socket.received.slice(this.#read - count, this.#read);
  }
}

function parseHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [name = '', ...rest] = line.split(': ');
    const key = name.toLowerCase();
    const value = rest.join(': ');
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  return headers;
}
