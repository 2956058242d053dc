import { until } from '@newswire/testkit';
import { WebSocket } from 'ws';

interface Line {
  readonly id?: number;
  readonly connect?: { readonly client: string };
  readonly error?: { readonly code: number };
  readonly push?: { readonly unsubscribe?: { readonly code: number } };
}

/** A WebSocket client that sends given frames, and keeps the codes it gets. */
export class CodeClient {
  readonly lines: Line[] = [];
  closeCode: number | undefined;
  closeReason = '';
  readonly #socket: WebSocket;

  constructor(url: string) {
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    this.#socket.on('message', (frame) => {
      for (const line of String(frame).split('\n')) this.lines.push(parseLine(line));
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
  send(...commands: readonly (object | string)[]): void {
    const lines = commands.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
    this.#socket.send(lines.join('\n'));
  }

  sendBytes(bytes: Buffer): void {
    this.#socket.send(bytes);
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

/** The seed protocol has lines that are no JSON. */
function parseLine(text: string): Line {
  return text.startsWith('{') ? (JSON.parse(text) as Line) : {};
}
