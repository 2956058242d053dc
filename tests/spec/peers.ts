import { request, type IncomingMessage } from 'node:http';
import { until } from '@newswire/testkit';
import { WebSocket } from 'ws';

/** One connection of an example. */
export interface Peer {
  /** A frame, or a line of a request. */
  send(text: string): Promise<void>;
  /** Resolves once everything sent is on its way. */
  flush(): Promise<void>;
  /**
   * Resolves with what there is to compare with the next line of the example; undefined: with
   * nothing, the line is as it should be.
   */
  next(expected: string): Promise<string | undefined>;
  /** Ends the connection; resolves with what came unexpectedly. */
  end(): Promise<readonly string[]>;
}

/** How an example writes the frames of a protocol. */
export interface FrameForm {
  /** The frame that an example writes. */
  encode(text: string): string | Buffer;
  /** A frame's messages, as an example writes them. */
  decode(frame: Buffer): readonly string[];
}

/** Text frames as they are. Those of several lines of JSON come a line at a time. */
export const textForm: FrameForm = {
  encode: (text) => text,
  decode: (frame) => {
    const text = String(frame);
    return text.startsWith('{') ? text.split('\n') : [text];
  },
};

/** How an example writes the bodies of requests and responses. */
export interface BodyForm {
  encode(text: string): string | Buffer;
  /** The messages that a response's body begins with, and the bytes after them. */
  split(body: Buffer): { readonly lines: readonly string[]; readonly rest: Buffer };
}

/** Bodies as they are, a line at a time. */
const textBody: BodyForm = {
  encode: (text) => text,
  split: (body) => {
    const end = body.lastIndexOf('\n');
    if (end < 0) return { lines: [], rest: body };
    const lines = body.toString('utf8', 0, end).split('\n');
    return { lines, rest: body.subarray(end + 1) };
  },
};

/** A WebSocket client. A close is `<close CODE REASON>`. */
export class WebSocketPeer implements Peer {
  readonly #socket: WebSocket;
  readonly #lines: string[] = [];

  readonly #form: FrameForm;

  private constructor(socket: WebSocket, form: FrameForm) {
    this.#socket = socket;
    this.#form = form;
    socket.on('message', (data: Buffer) => this.#lines.push(...form.decode(data)));
    socket.on('close', (code, reason) => this.#lines.push(`<close ${code} ${String(reason)}>`));
    socket.on('error', (error) => this.#lines.push(`<${error.message}>`));
  }

  static async open(url: string, form: FrameForm = textForm): Promise<WebSocketPeer> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const peer = new WebSocketPeer(socket, form);
    await until(`${url} to open`, () => socket.readyState !== WebSocket.CONNECTING);
    return peer;
  }

  async send(text: string): Promise<void> {
    const [, binary] = /^<binary ([0-9a-f]+)>$/.exec(text) ?? [];
    if (text === '<close>') this.#socket.removeAllListeners('close').terminate();
    else
      this.#socket.send(
        binary === undefined ? this.#form.encode(text) : Buffer.from(binary, 'hex'),
      );
  }

  async flush(): Promise<void> {
    // A frame leaves when it is sent.
  }

  async next(expected: string): Promise<string> {
    await until(expected, () => this.#lines.length > 0, TIMEOUT_MS);
    return this.#lines.shift() ?? '';
  }

  async end(): Promise<readonly string[]> {
    if (this.#socket.readyState === WebSocket.OPEN) {
      // What was answered before the pong has come before it.
      let isThere = false;
      this.#socket.once('pong', () => (isThere = true)).ping();
      await until('a pong', () => isThere || this.#socket.readyState !== WebSocket.OPEN);
    }
    this.#socket.removeAllListeners('close').terminate();
    return this.#lines;
  }
}

/** An HTTP client. Of the headers of a response only those are compared that the example names. */
export class HttpPeer implements Peer {
  readonly #url: string;
  readonly #form: BodyForm;
  #request: string[] = [];
  #response: IncomingMessage | undefined;
  #lines: string[] = [];
  #part: 'status' | 'headers' | 'body' = 'status';

  constructor(url: string, form: BodyForm = textBody) {
    this.#url = url;
    this.#form = form;
  }

  async send(text: string): Promise<void> {
    this.#request.push(text);
  }

  flush(): Promise<void> {
    const [line = '', ...rest] = this.#request.splice(0);
    if (line === '') return Promise.resolve();
    const [, method = '', target = ''] = /^([A-Z]+) (\S.*)$/.exec(line) ?? [];
    const end = rest.includes('') ? rest.indexOf('') : rest.length;
    const headers = rest.slice(0, end).map((text) => text.split(/: (.*)/, 2) as [string, string]);
    const body = rest.slice(end + 1).join('\n');
    this.#part = 'status';
    this.#lines = [];
    return new Promise((resolve, reject) => {
      const options = { method, headers: Object.fromEntries(headers), agent: false };
      request(this.#url + encodeURI(target), options, (response) => {
        this.#response = response;
        this.#read(response);
        resolve();
      })
        .on('error', reject)
        .end(body === '' ? body : this.#form.encode(body));
    });
  }

  async next(expected: string): Promise<string | undefined> {
    const response = this.#response;
    if (this.#part === 'status') {
      this.#part = 'headers';
      return String(response?.statusCode);
    }
    if (this.#part === 'body') {
      await until(expected, () => this.#lines.length > 0, TIMEOUT_MS);
      return this.#lines.shift() ?? '';
    }
    if (expected === '') this.#part = 'body';
    else {
      const [name = ''] = expected.split(':', 1);
      return `${name}: ${String(response?.headers[name.toLowerCase()])}`;
    }
    return undefined;
  }

  async end(): Promise<readonly string[]> {
    await this.flush();
    const response = this.#response;
    if (this.#part === 'status') this.#lines.unshift(String(response?.statusCode));
    if (response?.headers['content-length'] !== undefined) {
      await until('the end of the response', () => response.complete);
    }
    response?.destroy();
    return this.#lines.filter((line) => line !== '<close>');
  }

  #read(response: IncomingMessage): void {
    let rest: Buffer = Buffer.alloc(0);
    response.on('data', (chunk: Buffer) => {
      const split = this.#form.split(Buffer.concat([rest, chunk]));
      rest = split.rest;
      this.#lines.push(...split.lines);
    });
    response.on('end', () => {
      this.#lines.push(...(rest.length === 0 ? [] : [rest.toString()]), '<close>');
    });
    response.on('error', () => undefined);
  }
}

const TIMEOUT_MS = 5000;
