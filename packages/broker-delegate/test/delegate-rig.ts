import type { Position, Publication } from '@newswire/protocol';
import { until } from '@newswire/testkit';
import type { BrokerHandler, BrokerParts, ConsumerParts, Generation } from '@newswire/broker';
import { CONTRACT_LIMITS, TestLog } from '@newswire/broker/contract';
import { openDelegateCenter, openDelegateEdge } from '../src/index.js';

export type CenterOptions = Parameters<typeof openDelegateCenter>[0];
export type EdgeOptions = Parameters<typeof openDelegateEdge>[0];
export type Edge = Awaited<ReturnType<typeof openDelegateEdge>>;

export const SECRET = 'a secret for tests only';

/** Ten beats per second: a dead link is found within about half a second. */
export const QUICK = { beatMs: 100, silentBeats: 5 };

/** How long an edge's members stay after its link is lost. */
export const LEASE_MS = 600;

/** Subscribes to a channel as a hub does. `seen` has the offsets and the other notifications. */
export class Recorder implements BrokerHandler {
  readonly seen: (number | string)[] = [];
  readonly data: string[] = [];

  handlePublication(
    _: string,
    { offset, data }: Publication,
    __: string,
    begins?: Generation,
  ): void {
    this.seen.push(begins ? `first ${offset}` : offset);
    this.data.push(data);
  }

  handleGap(): void {
    this.seen.push('gap');
  }

  handleRemoval(_: string, { offset: upToOffset }: Position): void {
    this.seen.push(`removed ${upToOffset}`);
  }
}

/** Opens centers and edges on loopback, and closes those that are still open. */
export class DelegateRig {
  readonly #open = new Set<BrokerParts>();

  async edge(options: Partial<EdgeOptions> = {}): Promise<Edge> {
    const edge = await openDelegateEdge({
      host: '127.0.0.1',
      delegatePort: 0,
      linkSecret: SECRET,
      publishTimeoutMs: 1000,
      limits: QUICK,
      log: new TestLog(),
      ...options,
    });
    this.#open.add(edge);
    return edge;
  }

  center(ports: readonly number[], options: Partial<CenterOptions> = {}): ConsumerParts {
    const center = openDelegateCenter({
      getLimits: () => CONTRACT_LIMITS,
      historyBytes: 64 * 1_048_576,
      edges: ports.map((port) => ({ host: '127.0.0.1', port })),
      linkSecret: SECRET,
      publishTimeoutMs: 1000,
      presenceLeaseMs: LEASE_MS,
      reconnectDelayMs: () => 20,
      limits: QUICK,
      lookupIntervalMs: 20,
      log: new TestLog(),
      ...options,
    });
    this.#open.add(center);
    return center;
  }

  /** A center and `count` edges, all linked. */
  async linked(count = 1, options: Partial<CenterOptions> = {}) {
    const edges = await Promise.all(Array.from({ length: count }, () => this.edge()));
    const center = this.center(
      edges.map(({ port }) => port),
      options,
    );
    await untilUp(...edges);
    const [edge] = edges;
    if (edge === undefined) throw new Error('no edge was asked for');
    return { center, edge, edges };
  }

  async close(parts: BrokerParts): Promise<void> {
    this.#open.delete(parts);
    await parts.close();
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#open].map((parts) => this.close(parts)));
  }
}

/** Resolves once no part has a fault. */
export async function untilUp(...parts: readonly BrokerParts[]): Promise<void> {
  await until('all to be linked', () => parts.every(({ broker }) => broker.fault === undefined));
}
