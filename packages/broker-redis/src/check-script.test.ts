import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const FOLDER = new URL('../lua/', import.meta.url);

/** The names of the commands that a script calls. */
function commandsIn(file: string): string[] {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  return [...text.matchAll(/\bp?call\('([A-Z]+)'/g)].map(([, command]) => command ?? '');
}

test('check.lua tries each command that another script calls', () => {
  const others = readdirSync(FOLDER).filter((file) => file !== 'check.lua');
  const called = new Set(others.flatMap(commandsIn));
  expect(called).toContain('XADD');
  const tried = new Set(commandsIn('check.lua'));
  expect([...called].filter((command) => !tried.has(command))).toEqual([]);
});
