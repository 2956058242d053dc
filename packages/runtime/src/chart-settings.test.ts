import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderChartSchema } from './chart-settings.js';

const FILE = '../../../deploy/helm/newswire/values.schema.json';

// `npx vitest run --project unit -u` writes the file again.
test('the schema of the Helm chart has every setting', async () => {
  const current = readFileSync(new URL(FILE, import.meta.url), 'utf8');
  await expect(renderChartSchema(current)).toMatchFileSnapshot(FILE);
});
