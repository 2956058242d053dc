import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** A proxy between center and an edge that simulates network faults on their link. */
export class Cable {
  /** All data that passed through, in both directions. */
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

  /** Holds back all data to the edge. Data from the edge still passes. */
  hold(): void {
    for (const { near, far } of this.#pairs) near.unpipe(far).pause();
  }

  /** Sends the held data to the edge. */
  release(): void {
    for (const { near, far } of this.#pairs) near.pipe(far);
  }

  /** Stops all data in both directions, without an error at either end. */
  freeze(): void {
    this.hold();
    for (const { near, far } of this.#pairs) far.unpipe(near).pause();
  }

  /** Ends every connection. With `isOpen: false`, refuses new ones. */
  cut({ isOpen = true } = {}): void {
    this.#isOpen = isOpen;
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** Sends a line to the edge or to center that the other end did not send. */
  say(to: 'edge' | 'center', line: string): void {
    for (const { near, far } of this.#pairs) (to === 'edge' ? far : near).write(`${line}\n`);
  }

  /** Ends the connections on center's side only. */
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
