import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPrograms, ROOT } from '@newswire/testkit';
import { compile } from './compile.js';
import type { DrivenClient } from './driven-client.js';
import { startProgram } from './program-client.js';

/** Go 1.21 and later download the version that a module needs. */
export const hasGo = missingPrograms('go').length === 0 && getGoMinor() >= 21;

const program = join(mkdtempSync(join(tmpdir(), 'newswire-go-')), 'driver');

function getGoMinor(): number {
  const version = execFileSync('go', ['version'], { encoding: 'utf8' });
  const [, minor] = /^go version go1\.(\d+)/.exec(version) ?? [];
  return Number(minor);
}

/** Compiles the program once. */
export const buildGo = compile('go', [
  '-C',
  `${ROOT}tests/clients/go`,
  'build',
  '-o',
  program,
  '.',
]);

/** The Go module `github.com/centrifugal/centrifuge-go`. */
export function startInGo(encoding: 'json' | 'protobuf'): DrivenClient {
  return startProgram(program, [encoding]);
}
