import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderComposeFile } from './compose-settings.js';
import { SETTINGS } from './index.js';
import { renderConfigurationPage } from './settings-reference.js';

const FILE = '../../../docker-compose.yml';
const read = () => readFileSync(new URL(FILE, import.meta.url), 'utf8');

// `npx vitest run --project unit -u` writes the file again.
test('docker-compose.yml passes every setting on', async () => {
  const text = renderComposeFile(read());
  await expect(text).toMatchFileSnapshot(FILE);
  const lines = text.split('\n');
  for (const { name } of Object.values(SETTINGS)) {
    expect(lines.filter((line) => line.startsWith(`  ${name}:`))).toHaveLength(1);
  }
});

test('a file without the marks is refused', () => {
  expect(() => renderComposeFile('services: {}')).toThrow('docker-compose.yml has no line');
});

test('every variable that docker-compose.yml reads is in docs/configuration.md', () => {
  const page = renderConfigurationPage();
  const names = [...read().matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name);
  expect(names).toContain('EDGE_NOFILE');
  for (const name of names) expect(page).toContain(`\`${name}\``);
});
