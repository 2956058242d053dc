/* oxlint-disable no-console -- before a logger exists, standard error is all there is */
import { ConfigError } from './config-error.js';

/** Something that runs until it is stopped. `stop` resolves when everything is flushed. */
export interface Service {
  stop(): Promise<void>;
}

/** A start that failed for a reason the user can mend: shown as its message alone, exit code 1. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}

/**
 * Runs a service for the life of the process. SIGTERM or SIGINT stops it (exit code 0); a second
 * one ends it at once (1). Bad configuration is printed a sentence a line (2).
 */
export async function runService(start: () => Promise<Service>): Promise<void> {
  const service = await Promise.resolve().then(start).catch(fail);
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    service.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    for (const sentence of error.sentences) console.error(sentence);
    process.exit(2);
  }
  console.error(error instanceof StartError ? error.message : error);
  process.exit(1);
}
