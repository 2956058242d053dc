import { readFileSync } from 'node:fs';

const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');

/** newswire's version, from the package.json of the repository. */
export const { version: VERSION } = JSON.parse(manifest) as { readonly version: string };
