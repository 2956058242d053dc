export type { DurationSummary } from './durations.js';
export { Load, type LoadOptions } from './load.js';
export type { ClientFigures, Gap, LoadFigures } from './load-figures.js';
export { LoadProcess } from './load-process.js';
export { seededRandom } from './random.js';
