// Loads newswire's real code with one fault in it: `node --import seed-fault.mjs services/…/dist/main.js`.
// The fault is where the outbox hands publications to a protocol: behind the channel's log, which would
// fill any hole before it. A process in which it could not be put does not start. For tests only.
//   FAULT=drop|double|reorder   EVERY=500 (each so-many-th publication of a channel)
import { register } from 'node:module';

register('./seed-fault-hooks.mjs', import.meta.url);
