import { until } from '@newswire/testkit';
import { WebSocket } from 'ws';
import { decodeReplies, encodeCommands, type ProtoMembers } from './protobuf.js';

interface Line {
  readonly id?: number;
  readonly connect?: { readonly client: string };
  readonly error?: { readonly code: number };
  readonly push?: { readonly unsubscribe?: { readonly code: number } };
}

/** How a client of Centrifuge's protocol encodes its frames. */
export type Encoding = 'json' | 'protobuf';

/** A WebSocket client that sends given frames, and keeps the codes it gets. */
export class CodeClient {
  readonly lines: Line[] = [];
  closeCode: number | undefined;
  closeReason = '';
  readonly #encoding: Encoding;
  readonly #socket: WebSocket;

  constructor(url: string, encoding: Encoding = 'json') {
    this.#encoding = encoding;
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    this.#socket.on('message', (frame: Buffer, isBinary) => {
      if (isBinary) this.lines.push(...(decodeReplies(frame) as Line[]));
      else for (const line of String(frame).split('\n')) this.lines.push(parseLine(line));
    });
    this.#socket.on('close', (code, reason) => {
      this.closeCode = code;
      this.closeReason = String(reason);
    });
    this.#socket.on('error', () => undefined);
  }

  async opened(): Promise<this> {
    await until('the connection', () => this.#socket.readyState !== WebSocket.CONNECTING);
    return this;
  }

  /** In one frame. */
  send(...commands: readonly object[]): void {
    const isBinary = this.#encoding === 'protobuf';
    this.#socket.send(isBinary ? toBytes(commands) : toLines(commands));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** A frame of the other encoding. */
  sendForeign(command: object): void {
    const isBinary = this.#encoding === 'protobuf';
    this.#socket.send(isBinary ? toLines([command]) : toBytes([command]));
  }

  answer(id: number): Promise<Line> {
    return until(`answer ${id}`, () => this.lines.find((line) => line.id === id));
  }

  /** Its id, once it is connected. */
  async id(): Promise<string> {
    return (await this.answer(1)).connect?.client ?? '';
  }

  /** The codes of all errors so far. */
  get errors(): number[] {
    return this.lines.flatMap(({ error }) => error?.code ?? []);
  }

  get unsubscribes(): number[] {
    return this.lines.flatMap(({ push }) => push?.unsubscribe?.code ?? []);
  }

  get closes(): number[] {
    return this.closeCode === undefined ? [] : [this.closeCode];
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

function toLines(commands: readonly object[]): string {
  return commands.map((each) => JSON.stringify(each)).join('\n');
}

function toBytes(commands: readonly object[]): Buffer {
  const withBytes = commands.map((each) => {
    const text = JSON.stringify(each);
    return JSON.parse(text, (name, value: unknown) =>
      name === 'data' ? Buffer.from(JSON.stringify(value)) : value,
    ) as ProtoMembers;
  });
  return encodeCommands(...withBytes);
}

/** The seed protocol has lines that are no JSON. */
function parseLine(text: string): Line {
  return text.startsWith('{') ? (JSON.parse(text) as Line) : {};
}
