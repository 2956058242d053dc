import type { WorkId } from '../contender.js';
import { connections } from './connections.js';
import { channels, growth, payloads, windows } from './points.js';
import { recovery } from './recovery.js';
import { sustained } from './sustained.js';
import type { Work } from './work.js';

/** What can be measured, in the order of the report. */
export const works: { readonly [Id in WorkId]: Work<Id> } = {
  windows,
  sustained,
  channels,
  payloads,
  connections,
  growth,
  recovery,
};
