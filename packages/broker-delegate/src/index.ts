export type { EdgeName, Lookup } from './delegate-finder.js';
export type { LinkLimits } from './delegate-link.js';
export {
  openDelegateCenter,
  openDelegateEdge,
  type DelegateEdgeOptions,
} from './delegate-parts.js';
