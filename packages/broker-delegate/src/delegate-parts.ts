import {
  type BrokerParts,
  type ConsumerParts,
  type EventStoreOptions,
  EventTable,
  type LinkLog,
  MemoryBlockList,
  MemoryPresence,
  PresenceTable,
} from '@newswire/broker';
import { DelegateEdgeBlockList } from './block-list-delegate-edge.js';
import { DelegateCenterBroker, type DelegateCenterOptions } from './broker-delegate-center.js';
import { DelegateEdgeBroker } from './broker-delegate-edge.js';
import {
  DelegateCenterControl,
  DelegateEdgeControl,
  type DelegateControlOptions,
} from './control-delegate.js';
import { LinkServer } from './link-server.js';
import { LINK_LIMITS, type LinkLimits, newLinkFlusher } from './delegate-link.js';
import { EdgeLeases } from './edge-leases.js';
import { DelegateEdgeEvents } from './events-delegate-edge.js';
import { LinkedEvents } from './events-peer.js';
import { DelegateEdgePresence } from './presence-delegate-edge.js';
import type { EdgePeer } from './delegate-peer.js';
import { Uplink } from './delegate-uplink.js';

export interface DelegateEdgeOptions extends DelegateControlOptions {
  /** The address at which center reaches this edge. Port 0 selects a free port. */
  readonly host: string;
  readonly delegatePort: number;
  readonly linkSecret: string;
  readonly log: LinkLog;
  readonly limits?: Partial<LinkLimits>;
  /** Called with each error that a listener threw. */
  readonly onListenerFault?: (error: unknown) => void;
}

/**
 * Resolves once center can dial. Center may be away, now and later. Rejects if the port is in use.
 */
export async function openDelegateEdge(
  options: DelegateEdgeOptions,
): Promise<BrokerParts & { readonly port: number }> {
  const { host, delegatePort, onListenerFault = () => undefined, ...rest } = options;
  const uplink = new Uplink(options.log);
  const broker = new DelegateEdgeBroker(uplink, { ...rest, onListenerFault });
  const control = new DelegateEdgeControl(uplink, rest, onListenerFault);
  const presence = new DelegateEdgePresence(uplink, rest, onListenerFault);
  const events = new DelegateEdgeEvents(uplink, rest);
  const linkServer = new LinkServer({
    ...rest,
    limits: { ...LINK_LIMITS, ...rest.limits },
    flusher: newLinkFlusher(),
    onCenter: (link) => {
      uplink.handleLink(link);
      return uplink;
    },
  });
  const port = await linkServer.listen(host, delegatePort);
  const close = async () => {
    await presence.close();
    await linkServer.close();
  };
  const blockList = new DelegateEdgeBlockList(uplink, rest);
  return { broker, control, presence, blockList, events, port, close };
}

export interface DelegateCenterPresenceOptions extends EventStoreOptions {
  /** How long the members of an edge stay after its link is lost, in ms. */
  readonly presenceLeaseMs: number;
  /** Called with each error that a listener in center's own process threw. */
  readonly onListenerFault?: (error: unknown) => void;
}

/** Returns immediately: edges may be away, now and later. */
export function openDelegateCenter(
  options: DelegateCenterOptions & DelegateControlOptions & DelegateCenterPresenceOptions,
): ConsumerParts {
  const peers = new Set<EdgePeer>();
  const control = new DelegateCenterControl(peers, options);
  const table = new PresenceTable(options.onListenerFault ?? (() => undefined));
  const { webhookGraceMs, webhookQueueSize } = options;
  const events = new EventTable({ webhookGraceMs, webhookQueueSize });
  const linkedEvents = new LinkedEvents(events);
  const leased = {
    beginReport: (edge: string) => table.beginReport(edge),
    removeEdge: (edge: string) => {
      table.removeEdge(edge);
      linkedEvents.removeEdge(edge);
    },
  };
  const leases = new EdgeLeases(leased, options.presenceLeaseMs);
  const blockList = new MemoryBlockList();
  const others = { control, presence: { table, leases }, blockList, events: linkedEvents };
  const broker = new DelegateCenterBroker(options, peers, others);
  const close = async () => {
    await broker.close();
    leases.close();
  };
  return { broker, control, presence: new MemoryPresence(table), blockList, events, close };
}
