import type { Codec, Protocol, ProtocolChoice } from '@newswire/protocol';
import type {
  Connection,
  ConnectionHandler,
  Handshake,
  HttpReply,
  Origin,
  Server,
  WebSocketOpening,
} from '@newswire/transport';
import type { SessionOpening } from '../access/access.js';
import type { EmulationOptions } from './centrifuge/emulation.js';
import type {
  Negotiation,
  ProtocolModule,
  ProtocolServices,
  WebSocketRoute,
} from './protocol-module.js';
import { jsonRefusal, type Refusal } from './refusal.js';

/** An edge, as its endpoints use it. */
export interface EndpointEdge {
  /** Called before each connection. Returns a refusal while this edge accepts none. */
  refuse(): Refusal | undefined;
  /** Creates the session of a connection that has just opened. */
  open(
    connection: Connection,
    origin: Origin,
    choose: ProtocolChoice,
    opening?: SessionOpening,
  ): EndpointSession;
}

/** A session, as the endpoints use it. */
export interface EndpointSession extends ConnectionHandler {
  /** Connects the client before its first frame. */
  connect(): void;
  closeWith(code: number, reason: string): void;
}

/** Adds the endpoints of all protocols to the server. Throws if two of them cannot coexist. */
export function serveProtocols(
  server: Pick<Server, 'webSocket' | 'stream' | 'route'>,
  edge: EndpointEdge,
  modules: readonly ProtocolModule[],
  emulation: EmulationOptions,
  services: ProtocolServices,
): void {
  checkCodecNames(modules);
  const { maxFrameBytes } = emulation;
  for (const [path, routes] of groupByPath(modules)) {
    server.webSocket(path, { maxFrameBytes, accept: acceptOn(path, routes, edge, services) });
  }
  for (const { protocol, ...module } of modules) {
    const handleOpenAs = (chosen: Protocol) => openWith(edge, () => chosen);
    const handleOpen = handleOpenAs(protocol);
    const options = { refuse: () => edge.refuse(), handleOpen, handleOpenAs, maxFrameBytes };
    for (const endpoint of module.streams?.(options) ?? []) server.stream(endpoint);
    server.route(module.routes?.(emulation) ?? []);
  }
}

type RouteOfProtocol = WebSocketRoute & { readonly protocol: Protocol };

function groupByPath(modules: readonly ProtocolModule[]): Map<string, RouteOfProtocol[]> {
  const paths = new Map<string, RouteOfProtocol[]>();
  for (const { protocol, webSockets = [] } of modules) {
    for (const route of webSockets) {
      const others = paths.get(route.path) ?? [];
      paths.set(route.path, [...others, { ...route, protocol }]);
    }
  }
  return paths;
}

/** Handles a path's handshakes. One that names no protocol leaves the choice to the first frame. */
function acceptOn(
  path: string,
  routes: readonly RouteOfProtocol[],
  edge: EndpointEdge,
  services: ProtocolServices,
) {
  const openUnnamed = openWith(edge, chooseByFrame(path, routes));
  return (handshake: Handshake): WebSocketOpening | HttpReply => {
    const refusal = edge.refuse();
    if (refusal !== undefined) return jsonRefusal(refusal);
    for (const route of routes) {
      const named = route.negotiate?.(handshake, services);
      if (named === undefined) continue;
      const { protocol = route.protocol } = named;
      const handleOpen = openWith(edge, () => protocol, named);
      return { subprotocol: named.subprotocol, handleOpen };
    }
    return { subprotocol: '', handleOpen: openUnnamed };
  };
}

function chooseByFrame(path: string, routes: readonly RouteOfProtocol[]): ProtocolChoice {
  const recognized = routes.filter((route) => 'recognizes' in route);
  const [fallback, ...others] = routes.filter((route) => !('recognizes' in route));
  if (fallback === undefined || others.length > 0) {
    throw new Error(`one protocol of ${path} is its default, which recognizes all other frames`);
  }
  return (frame) => (recognized.find((route) => route.recognizes?.(frame)) ?? fallback).protocol;
}

function openWith(
  edge: EndpointEdge,
  choose: ProtocolChoice,
  { close, opening }: Pick<Negotiation, 'close' | 'opening'> = {},
): WebSocketOpening['handleOpen'] {
  return (connection, origin) => {
    const session = edge.open(connection, origin, choose, opening);
    if (close !== undefined) session.closeWith(close.code, close.reason);
    else if (opening !== undefined) session.connect();
    return session;
  };
}

/** A codec's name is part of its topics: two with the same name would mix their frames. */
function checkCodecNames(modules: readonly ProtocolModule[]): void {
  const names = modules.flatMap(({ protocol: { codec, deltas } }) => {
    const codecs: Codec[] = [codec];
    for (let next = deltas; next !== undefined; next = next.next) codecs.push(next);
    return codecs.map(({ name }) => name);
  });
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`two codecs have the name ${twice}`);
}
