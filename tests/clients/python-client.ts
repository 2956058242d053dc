import { existsSync } from 'node:fs';
import { ROOT } from '@newswire/testkit';
import type { DrivenClient } from './driven-client.js';
import { startProgram } from './program-client.js';

/** Python with the clients that `make test` installs. */
export const PYTHON = `${ROOT}.venv/bin/python`;
export const hasPython = existsSync(`${ROOT}.venv/ready`);

/** The PyPI package `centrifuge-python`. */
export function startInPython(encoding: 'json' | 'protobuf' = 'json'): DrivenClient {
  return startProgram(PYTHON, [`${ROOT}tests/clients/driver.py`, encoding]);
}
