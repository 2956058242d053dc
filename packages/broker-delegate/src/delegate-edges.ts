import { type BrokerFault, type LinkLog, FaultLog } from '@newswire/broker';
import { EdgeDialer, type DialerOptions } from './delegate-dialer.js';
import {
  EdgeFinder,
  systemLookup,
  type EdgeAddress,
  type EdgeName,
  type Lookup,
} from './delegate-finder.js';
import { newName } from './delegate-handshake.js';
import {
  LINK_LIMITS,
  type DelegateLink,
  type LinkHandler,
  type LinkLimits,
  type LinkFlusher,
} from './delegate-link.js';

export interface EdgesOptions {
  readonly edges: readonly EdgeName[];
  readonly linkSecret: string;
  readonly reconnectDelayMs: (attempt: number) => number;
  readonly log: LinkLog;
  readonly limits?: Partial<LinkLimits>;
  readonly lookup?: Lookup;
  /** How often the edges' names are resolved, in ms. */
  readonly lookupIntervalMs?: number;
}

const LOOKUP_INTERVAL_MS = 1000;

/** Center's links, one to each named edge. Lost links are dialed again. */
export class DelegateEdges {
  readonly #dialers = new Map<string, EdgeDialer>();
  readonly #linked = new Map<string, DelegateLink>();
  readonly #finder: EdgeFinder;
  readonly #dialerOptions: DialerOptions;

  /** `onEdge`: called with each new link; returns its handler. */
  constructor(
    options: EdgesOptions,
    flusher: LinkFlusher,
    onEdge: (link: DelegateLink, edge: string) => LinkHandler,
  ) {
    const { linkSecret, reconnectDelayMs, log, limits, edges } = options;
    this.#dialerOptions = {
      linkSecret,
      center: newName(),
      limits: { ...LINK_LIMITS, ...limits },
      flusher,
      log,
      reconnectDelayMs,
      isLinked: (edge) => this.#linked.has(edge),
      onEdge: (link, edge) => this.#track(link, edge, onEdge(link, edge)),
    };
    this.#finder = new EdgeFinder({
      edges,
      lookup: options.lookup ?? systemLookup,
      intervalMs: options.lookupIntervalMs ?? LOOKUP_INTERVAL_MS,
      faultLog: new FaultLog(log),
      onFound: (addresses) => this.#dial(addresses),
    });
  }

  /** A sentence while an edge has another center. */
  get taken(): BrokerFault {
    return [...this.#dialers.values()].find(({ isTaken }) => isTaken)?.trouble;
  }

  /** A sentence while an edge has another center, or while no edge is linked. */
  get fault(): BrokerFault {
    if (this.taken !== undefined) return this.taken;
    if (this.#linked.size > 0) return undefined;
    const troubles = [...this.#dialers.values()].map(({ trouble }) => trouble);
    const trouble = troubles.find((sentence) => sentence !== undefined) ?? this.#finder.trouble;
    return `no edge is linked${trouble === undefined ? '' : `: ${trouble}`}`;
  }

  async close(): Promise<void> {
    this.#finder.stop();
    await Promise.all([...this.#dialers.values()].map((dialer) => dialer.close()));
  }

  #dial(addresses: ReadonlyMap<string, EdgeAddress>): void {
    for (const [name, dialer] of this.#dialers) {
      if (addresses.has(name)) dialer.resume();
      else dialer.retire();
      if (!addresses.has(name) && !dialer.isLinked) this.#dialers.delete(name);
    }
    for (const [name, address] of addresses) {
      if (this.#dialers.has(name)) continue;
      this.#dialers.set(name, new EdgeDialer(address, this.#dialerOptions));
    }
  }

  #track(link: DelegateLink, edge: string, handler: LinkHandler): LinkHandler {
    this.#linked.set(edge, link);
    return {
      handleLine: (line) => handler.handleLine(line),
      handleClosed: (reason) => {
        // The edge may have a new link, by another of its addresses, before the end of this one was
        // noticed.
        if (this.#linked.get(edge) === link) this.#linked.delete(edge);
        handler.handleClosed(reason);
      },
    };
  }
}
