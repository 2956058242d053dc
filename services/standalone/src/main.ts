import { readEnvironment, runService } from '@newswire/runtime';
import { startStandalone } from './app.js';

await runService(() => startStandalone(readEnvironment()));
