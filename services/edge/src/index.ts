export { createEdge, EDGE_SETTINGS, type Edge, type EdgeParts } from './app.js';
