import type { EventBatch, EventTable } from '@newswire/broker';

/**
 * Writes the events of linked edges. The names in their batches end with the lease of the edge whose
 * link they came on.
 */
export class LinkedEvents {
  readonly #table: EventTable;
  readonly #names = new Map<string, Set<string>>();

  constructor(table: EventTable) {
    this.#table = table;
  }

  /** Resolves with the answer's text. */
  async write(edge: string, batch: EventBatch): Promise<string> {
    let names = this.#names.get(edge);
    if (names === undefined) this.#names.set(edge, (names = new Set()));
    names.add(batch.edge);
    return String(await this.#table.write(batch));
  }

  /** The edge's lease has ended. */
  removeEdge(edge: string): void {
    for (const name of this.#names.get(edge) ?? []) this.#table.endEdge(name);
    this.#names.delete(edge);
  }
}
