export type { Connection, ConnectionHandler, WebSocketEndpoint } from './connection.js';
export { operationsRoutes, type Operations } from './operations-routes.js';
export {
  errorReply,
  jsonReply,
  type HttpHandler,
  type HttpReply,
  type HttpRequest,
  type HttpRoute,
} from './http.js';
export { SUPPORTED_NODE_MODULES, UnsupportedNodeError } from './load-uws.js';
export { ListenError, Server } from './server.js';
