import { expect, test } from 'vitest';
import { renderConfigurationPage, renderEnvExample } from './settings-reference.js';

// `npx vitest run --project unit -u` writes both files again.
test('docs/configuration.md is generated from the settings', async () => {
  await expect(renderConfigurationPage()).toMatchFileSnapshot('../../../docs/configuration.md');
});

test('.env.example is generated from the settings', async () => {
  await expect(renderEnvExample()).toMatchFileSnapshot('../../../.env.example');
});
