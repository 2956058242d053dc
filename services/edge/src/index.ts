export { ACCESS_SETTINGS, createAccess } from './access/create-access.js';
export { createEdge, type Edge, type EdgeParts } from './app.js';
export { BoundedLog } from './bounded-log.js';
export { createEdgeConfig, EDGE_SETTINGS, type EdgeConfig } from './edge-config.js';
export { NO_EVENTS, type EdgeEvents } from './edge-events.js';
export { observeEdge } from './edge-observer.js';
export { SERVER_SETTINGS, buildServerOptions } from './server-options.js';
export { openWebhooks, WEBHOOK_REPORT_SETTINGS } from './session/open-webhooks.js';
