import { StartError } from '@newswire/runtime';
import type * as Uws from 'uWebSockets.js';

export type UwsModule = typeof Uws;

/**
 * Loads the native module. Throws one sentence if it has no binary for this Node or machine.
 * Headers may be 16 KiB, since URLs contain tokens; the module reads that limit once, when it
 * loads.
 */
export async function loadUws(): Promise<UwsModule> {
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= '16384';
  try {
    return await import('uWebSockets.js');
  } catch (error) {
    throw new UnsupportedNodeError(error);
  }
}

export class UnsupportedNodeError extends StartError {
  constructor(cause: unknown) {
    super(
      `uWebSockets.js has no binary for Node ${process.versions.node} on ${process.platform}-${process.arch}: ` +
        'use Node 20 (20.19 or later) or 22 (22.12 or later) on glibc 2.27 or later, or run make start, which finds one.',
      { cause },
    );
    this.name = 'UnsupportedNodeError';
  }
}
