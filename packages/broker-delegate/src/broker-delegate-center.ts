import { ProtocolError, type JsonLine, type Position } from '@newswire/protocol';
import {
  type Broker,
  type BrokerFault,
  type BrokerHandler,
  type HistoryPage,
  type PublishOptions,
  MemoryBroker,
  type MemoryBrokerOptions,
} from '@newswire/broker';
import { DelegateEdges, type EdgesOptions } from './delegate-edges.js';
import { checkOneLine } from './delegate-lines.js';
import { EdgePeer, type PeerParts } from './delegate-peer.js';
import { Subscribers } from './delegate-subscribers.js';
import { newLinkFlusher } from './delegate-link.js';

export type DelegateCenterOptions = MemoryBrokerOptions & EdgesOptions;

/**
 * Center's side of the delegate broker: logs, offsets and idempotency keys in its own memory, and a
 * link to each edge. When `publish` resolves, the publication is written to the links' sockets.
 * Edges that are away do not delay it: they later read missed publications from the log. While an
 * edge has another center, publishing fails. A restart loses the logs; new epochs make this visible
 * to clients.
 */
export class DelegateCenterBroker implements Broker {
  readonly #memory: MemoryBroker;
  readonly #subscribers: Subscribers;
  readonly #flusher = newLinkFlusher();
  readonly #edges: DelegateEdges;
  readonly #handlers = new Map<string, BrokerHandler>();

  /** `peers`: the linked edges. This broker keeps the set up to date. */
  constructor(
    options: DelegateCenterOptions,
    peers: Set<EdgePeer>,
    others: Pick<PeerParts, 'control' | 'presence' | 'blockList' | 'events'>,
  ) {
    this.#memory = new MemoryBroker(options);
    this.#subscribers = new Subscribers(this.#memory);
    this.#edges = new DelegateEdges(options, this.#flusher, (link, edge) => {
      const onClosed = () => void peers.delete(peer);
      const parts = { broker: this, subscribers: this.#subscribers, onClosed, ...others };
      const peer = new EdgePeer(link, edge, parts);
      peers.add(peer);
      return peer;
    });
  }

  get fault(): BrokerFault {
    return this.#edges.fault;
  }

  async publish(channel: string, data: JsonLine, options?: PublishOptions): Promise<Position> {
    const { taken } = this.#edges;
    if (taken !== undefined) throw new ProtocolError('internal', taken);
    checkOneLine(data);
    const position = await this.#memory.publish(channel, data, options);
    await this.#flusher.done;
    return position;
  }

  async subscribe(channel: string, handler: BrokerHandler): Promise<void> {
    await this.unsubscribe(channel);
    this.#handlers.set(channel, handler);
    this.#subscribers.add(channel, handler);
  }

  unsubscribe(channel: string): Promise<void> {
    const handler = this.#handlers.get(channel);
    this.#handlers.delete(channel);
    if (handler !== undefined) this.#subscribers.remove(channel, handler);
    return Promise.resolve();
  }

  history(channel: string, sinceOffset: number, limit: number): Promise<HistoryPage> {
    return this.#memory.history(channel, sinceOffset, limit);
  }

  removeHistory(channel: string): Promise<void> {
    return this.#memory.removeHistory(channel);
  }

  async close(): Promise<void> {
    await this.#edges.close();
    await this.#memory.close();
  }
}
