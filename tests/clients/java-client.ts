import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { missingPrograms, ROOT } from '@newswire/testkit';
import { compile } from './compile.js';
import type { DrivenClient } from './driven-client.js';
import { startProgram } from './program-client.js';

export const hasJava = missingPrograms('mvn', 'java', 'javac').length === 0;

const folder = mkdtempSync(join(tmpdir(), 'newswire-java-'));

/** Compiles the program once, and puts the libraries beside it. */
export const buildJava = compile('mvn', [
  '-q',
  '-B',
  '-f',
  `${ROOT}tests/clients/java`,
  `-DbuildFolder=${folder}`,
  'compile',
  'dependency:copy-dependencies',
  `-DoutputDirectory=${folder}/libraries`,
]);

/** The Maven artifact `io.github.centrifugal:centrifuge-java`, which uses Protobuf only. */
export function startInJava(): DrivenClient {
  const classes = [join(folder, 'classes'), join(folder, 'libraries', '*')].join(delimiter);
  return startProgram('java', ['-cp', classes, 'Driver']);
}
