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
export { Server } from './server.js';
