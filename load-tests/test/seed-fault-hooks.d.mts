/** A module hook, see `node:module`. */
export function load(
  url: string,
  context: object,
  nextLoad: () => Promise<{ source: string }>,
): Promise<{ source: string }>;
