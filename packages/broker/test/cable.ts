import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** Stands between center and an edge, and does to their link what networks do. */
export class Cable {
  /** Everything that went through, both ways. */
  carried = '';
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #farPort: number;
  #isOpen = true;

  private constructor(farPort: number) {
    this.#farPort = farPort;
    this.#server = createServer((near) => this.#join(near));
  }

  static async to(farPort: number): Promise<Cable> {
    const cable = new Cable(farPort);
    cable.#server.listen(0, '127.0.0.1');
    await once(cable.#server, 'listening');
    return cable;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Nothing goes to the edge any more; its words still arrive. */
  hold(): void {
    for (const { near, far } of this.#pairs) near.unpipe(far).pause();
  }

  /** What was held goes on to the edge. */
  release(): void {
    for (const { near, far } of this.#pairs) near.pipe(far);
  }

  /** Nothing goes through any more, either way, and neither end is told. */
  freeze(): void {
    this.hold();
    for (const { near, far } of this.#pairs) far.unpipe(near).pause();
  }

  /** Ends every connection, and with `isOpen: false` refuses new ones. */
  cut({ isOpen = true } = {}): void {
    this.#isOpen = isOpen;
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** Says something to the edge, or to center, that the other one did not. */
  say(to: 'edge' | 'center', line: string): void {
    for (const { near, far } of this.#pairs) (to === 'edge' ? far : near).write(`${line}\n`);
  }

  /** Only center learns that its connections have ended. */
  cutNear(): void {
    for (const { near, far } of this.#pairs) {
      near.unpipe(far);
      far.removeAllListeners('close').pause();
      near.removeAllListeners('close').destroy();
    }
  }

  mend(): void {
    this.#isOpen = true;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket): void {
    if (!this.#isOpen) return void near.destroy();
    const far = connect(this.#farPort, '127.0.0.1');
    const pair = { near, far };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk) => (this.carried += chunk.toString()));
      from.pipe(to);
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}
