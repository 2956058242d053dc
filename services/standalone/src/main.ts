import { readEnvironment, runService, type Program } from '@newswire/runtime';
import { startStandalone } from './app.js';

const PROGRAM: Program = {
  name: 'standalone',
  description: 'newswire in one process: edge, center, and logs in memory.',
};

await runService(PROGRAM, () => startStandalone(readEnvironment()));
