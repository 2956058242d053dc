export { accessMetrics } from './access/access-metrics.js';
export { ACCESS_SETTINGS, createAccess } from './access/create-access.js';
export { createEdge, EDGE_SETTINGS, type Edge, type EdgeParts } from './app.js';
export { SERVER_SETTINGS, serverOptions } from './server-options.js';
