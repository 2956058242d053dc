import type { PresenceTable } from '@newswire/broker';

/**
 * Maximum number of remembered edges whose lease ended. If such an edge returns, watchers were
 * already notified that its members left.
 */
const MAX_ENDED = 1000;

/** The part of a table that depends on the leases of edges. */
export type LeasedTable = Pick<PresenceTable, 'beginReport' | 'removeEdge'>;

/** Keeps each edge's members for a time after its link is lost. */
export class EdgeLeases {
  readonly #table: LeasedTable;
  readonly #leaseMs: number;
  /** The number of links by edge. The end of an old link may be noticed after a new link exists. */
  readonly #links = new Map<string, number>();
  readonly #running = new Map<string, NodeJS.Timeout>();
  readonly #ended = new Set<string>();

  constructor(table: LeasedTable, leaseMs: number) {
    this.#table = table;
    this.#leaseMs = leaseMs;
  }

  /** A link of this edge exists. Returns whether the edge had one before. */
  handleUp(edge: string): boolean {
    const isKnown = this.#links.has(edge) || this.#running.has(edge) || this.#ended.delete(edge);
    this.#links.set(edge, (this.#links.get(edge) ?? 0) + 1);
    clearTimeout(this.#running.get(edge));
    this.#running.delete(edge);
    this.#table.beginReport(edge);
    return isKnown;
  }

  handleDown(edge: string): void {
    const links = (this.#links.get(edge) ?? 1) - 1;
    if (links > 0) return void this.#links.set(edge, links);
    this.#links.delete(edge);
    this.#running.set(edge, setTimeout(() => this.#end(edge), this.#leaseMs).unref());
  }

  close(): void {
    for (const timer of this.#running.values()) clearTimeout(timer);
    this.#running.clear();
  }

  #end(edge: string): void {
    this.#running.delete(edge);
    this.#table.removeEdge(edge);
    this.#ended.add(edge);
    if (this.#ended.size <= MAX_ENDED) return;
    const { value: oldest } = this.#ended.values().next();
    if (oldest !== undefined) this.#ended.delete(oldest);
  }
}
