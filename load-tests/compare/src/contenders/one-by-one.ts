/**
 * What publishes to center waits for each answer: uWebSockets.js closes a connection on which a second request
 * comes while the first waits for Redis or for the edges.
 */
export const oneByOne = ['--pipeline', '1'] as const;
