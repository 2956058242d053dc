import { connect } from 'node:net';
import { type LinkLog, FaultLog } from '@newswire/broker';
import { addressText, type EdgeAddress } from './delegate-finder.js';
import {
  centerProof,
  edgeProof,
  isSameProof,
  newName,
  parseGreeting,
  WRONG_SECRET,
  type Introduction,
} from './delegate-handshake.js';
import { LineError } from './delegate-lines.js';
import {
  DelegateLink,
  type LinkHandler,
  type LinkLimits,
  type LinkFlusher,
} from './delegate-link.js';

export interface DialerOptions {
  readonly linkSecret: string;
  /** This center's name. It is the same for all edges. */
  readonly center: string;
  readonly limits: LinkLimits;
  readonly flusher: LinkFlusher;
  readonly log: LinkLog;
  /** The delay before attempt number `attempt` (0, 1, 2…), in ms. */
  readonly reconnectDelayMs: (attempt: number) => number;
  /** Whether an edge of that name is already linked: an edge may have several addresses. */
  readonly isLinked: (edge: string) => boolean;
  /** The edge is authenticated and accepts this center. Returns the handler of the link. */
  readonly onEdge: (link: DelegateLink, edge: string) => LinkHandler;
}

/** A link that lasted longer than this was good: the next attempt follows soon. In ms. */
const GOOD_LINK_MS = 5000;

/** Why an edge is not linked. Each text completes "the edge at …". */
const TAKEN = 'has another center: run one center only';
const REFUSED_SECRET = 'has another link secret';
const UNPROVEN = 'could not prove that it knows the link secret';
const OTHER_VERSION = 'is not an edge of this version';
const BY_ANOTHER_ADDRESS = 'is already linked by another of its addresses';

/** Center's side of one address: dials it until it is linked, and again when the link is lost. */
export class EdgeDialer {
  readonly #options: DialerOptions;
  readonly #address: EdgeAddress;
  readonly #faultLog: FaultLog;
  readonly #name: string;
  #link: DelegateLink | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempt = 0;
  #isLinked = false;
  #isWanted = true;
  #trouble: string | undefined;

  constructor(address: EdgeAddress, options: DialerOptions) {
    this.#address = address;
    this.#options = options;
    this.#faultLog = new FaultLog(options.log);
    this.#name = `the edge at ${addressText(address)}`;
    this.#dial();
  }

  /** Why the edge is not linked, as a sentence. */
  get trouble(): string | undefined {
    return this.#trouble && `${this.#name} ${this.#trouble}`;
  }

  /**
   * Whether the edge has another center: a publication of this center would not reach that edge's
   * clients.
   */
  get isTaken(): boolean {
    return this.#trouble === TAKEN;
  }

  get isLinked(): boolean {
    return this.#isLinked;
  }

  /** Dials again, after `retire`. */
  resume(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    if (this.#link === undefined) this.#dial();
  }

  /** Stops dialing. An existing link stays until it is lost. */
  retire(): void {
    this.#isWanted = false;
    this.#trouble = undefined;
    clearTimeout(this.#timer);
    if (!this.#isLinked) this.#link?.destroy('is no longer named in NEWSWIRE_EDGES');
  }

  async close(): Promise<void> {
    this.retire();
    await this.#link?.close();
  }

  #dial(): void {
    const { limits, flusher } = this.#options;
    const socket = connect({ host: this.#address.ip, port: this.#address.port });
    const link: DelegateLink = new DelegateLink(socket, limits, flusher, {
      handleLine: (line) => this.#handleGreeting(link, line),
      handleClosed: (reason) => this.#handleLost(reason),
    });
    this.#link = link;
  }

  #handleGreeting(link: DelegateLink, line: string): void {
    const greeting = parseGreeting(line);
    if (greeting === undefined) return link.destroy(OTHER_VERSION);
    if (this.#options.isLinked(greeting.edge)) return link.destroy(BY_ANOTHER_ADDRESS);
    const { linkSecret, center } = this.#options;
    const introduction = { ...greeting, center, centerNonce: newName() };
    link.send(`${center} ${introduction.centerNonce} ${centerProof(linkSecret, introduction)}`);
    link.handler = {
      handleLine: (answer) => this.#handleVerdict(link, introduction, answer),
      handleClosed: (reason) => this.#handleLost(reason),
    };
  }

  #handleVerdict(link: DelegateLink, introduction: Introduction, line: string): void {
    if (line === WRONG_SECRET) return link.destroy(REFUSED_SECRET);
    const [verdict, proof = ''] = line.split(' ');
    if (verdict !== 'welcome' && verdict !== 'taken') throw new LineError();
    const expected = edgeProof(this.#options.linkSecret, introduction, verdict);
    if (!isSameProof(proof, expected)) return link.destroy(UNPROVEN);
    if (verdict === 'taken') return link.destroy(TAKEN);
    this.#takeUp(link, introduction.edge);
  }

  #takeUp(link: DelegateLink, edge: string): void {
    this.#isLinked = true;
    this.#trouble = undefined;
    this.#faultLog.info(`${this.#name} is linked`);
    const handler = this.#options.onEdge(link, edge);
    const linkedAtMs = performance.now();
    link.trust({
      handleLine: (line) => handler.handleLine(line),
      handleClosed: (reason) => {
        this.#isLinked = false;
        if (performance.now() - linkedAtMs > GOOD_LINK_MS) this.#attempt = 0;
        handler.handleClosed(reason);
        this.#handleLost(reason);
      },
    });
  }

  #handleLost(reason: string): void {
    this.#link = undefined;
    if (!this.#isWanted) return;
    this.#trouble = reason;
    this.#faultLog.warn(`${this.#name} ${reason}`);
    const dial = () => this.#dial();
    this.#timer = setTimeout(dial, this.#options.reconnectDelayMs(this.#attempt++)).unref();
  }
}
