import { readFileSync } from 'node:fs';

const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');

/** newswire's version, as in the package.json of the whole. */
export const { version: VERSION } = JSON.parse(manifest) as { readonly version: string };
