import type { Placeholders } from './placeholders.js';

/** Where the examples' server is, and how it was set up. */
export interface Setting {
  readonly url: string;
  readonly apiKey: string | undefined;
  /** Its settings, which commands get, too. */
  readonly environment: Readonly<Record<string, string>>;
  /** Shared by all examples of a section. */
  readonly placeholders: Placeholders;
}
