export { allowedOrigins, type OriginPolicy } from './allowed-origin.js';
export { addressKey, addressList } from './client-address.js';
export type {
  Connection,
  ConnectionHandler,
  Handshake,
  Origin,
  WebSocketEndpoint,
  WebSocketOpening,
} from './connection.js';
export { operationsRoutes, type Operations } from './operations-routes.js';
export {
  errorReply,
  jsonReply,
  type HttpHandler,
  type HttpReply,
  type HttpRequest,
  type HttpRoute,
} from './http.js';
export { Server, type ServerOptions } from './server.js';
export type { StreamEndpoint, StreamFraming, StreamOpening } from './stream.js';
