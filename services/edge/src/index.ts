export { ACCESS_SETTINGS, accessMetrics, createAccess } from './access/index.js';
export { createEdge, EDGE_SETTINGS, type Edge, type EdgeParts } from './app.js';
export { SERVER_SETTINGS, serverOptions } from './server-options.js';
