import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { type LinkLog, FaultLog } from '@newswire/broker';
import {
  centerProof,
  edgeProof,
  greetingLine,
  isSameProof,
  newName,
  WRONG_SECRET,
} from './delegate-handshake.js';
import { LineError } from './delegate-lines.js';
import {
  DelegateLink,
  LEFT,
  type LinkHandler,
  type LinkLimits,
  type LinkFlusher,
} from './delegate-link.js';

export interface LinkServerOptions {
  readonly linkSecret: string;
  readonly limits: LinkLimits;
  readonly flusher: LinkFlusher;
  readonly log: LinkLog;
  /** A center is authenticated and is now this edge's center. Returns the handler of the link. */
  readonly onCenter: (link: DelegateLink) => LinkHandler;
}

/** Maximum number of unauthenticated connections: a center needs only one. */
const MAX_UNAUTHENTICATED = 64;

/** Accepts center's link on an edge: one center at a time, and only with the link secret. */
export class LinkServer {
  readonly #options: LinkServerOptions;
  readonly #edge = newName();
  readonly #faultLog: FaultLog;
  readonly #server: Server;
  readonly #unauthenticated = new Set<DelegateLink>();
  #current: { readonly center: string; readonly link: DelegateLink } | undefined;

  constructor(options: LinkServerOptions) {
    this.#options = options;
    this.#faultLog = new FaultLog(options.log);
    this.#server = createServer((socket) => this.#meet(socket));
  }

  /** Resolves with the port. Rejects if it cannot be opened. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const link of this.#unauthenticated) link.destroy('is no longer needed');
    await this.#current?.link.close();
    await closed;
  }

  #meet(socket: Socket): void {
    if (this.#unauthenticated.size >= MAX_UNAUTHENTICATED) return void socket.destroy();
    const { limits, flusher } = this.#options;
    const edgeNonce = newName();
    const from = socket.remoteAddress;
    const link: DelegateLink = new DelegateLink(socket, limits, flusher, {
      handleLine: (line) => this.#recognise(link, edgeNonce, line),
      handleClosed: (reason) => {
        this.#unauthenticated.delete(link);
        // Center itself may close immediately, and often: it has linked this edge by another
        // address.
        if (reason !== LEFT)
          this.#faultLog.warn(`a connection from ${from} was refused as a link: it ${reason}`);
      },
    });
    this.#unauthenticated.add(link);
    link.send(greetingLine(this.#edge, edgeNonce));
  }

  #recognise(link: DelegateLink, edgeNonce: string, line: string): void {
    const [center, centerNonce, proof, ...more] = line.split(' ');
    if (!center || !centerNonce || !proof || more.length > 0) throw new LineError();
    const { linkSecret } = this.#options;
    const introduction = { edge: this.#edge, edgeNonce, center, centerNonce };
    if (!isSameProof(proof, centerProof(linkSecret, introduction))) {
      link.send(WRONG_SECRET);
      return void link.close('has another link secret');
    }
    this.#unauthenticated.delete(link);
    const isTaken = this.#current !== undefined && this.#current.center !== center;
    const verdict = isTaken ? 'taken' : 'welcome';
    link.send(`${verdict} ${edgeProof(linkSecret, introduction, verdict)}`);
    if (isTaken) void link.close('is a second center, and this edge has one');
    else this.#takeIn(link, center);
  }

  /**
   * If the same center links again, it has lost its old link, even if this side has not noticed
   * yet.
   */
  #takeIn(link: DelegateLink, center: string): void {
    this.#current?.link.destroy('opened a new link');
    const current = { center, link };
    this.#current = current;
    const handler = this.#options.onCenter(link);
    link.trust({
      handleLine: (line) => handler.handleLine(line),
      handleClosed: (reason) => {
        if (this.#current === current) this.#current = undefined;
        handler.handleClosed(reason);
      },
    });
    this.#faultLog.forget();
  }
}
