import { createServer } from 'node:net';

/** Below the range that the kernel takes outgoing connections' ports from. */
const FIRST_PORT = 20_000;
const PORT_COUNT = 12_000;

/** A port that nothing listened on a moment ago, picked at random. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
