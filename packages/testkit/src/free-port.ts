import { createServer } from 'node:net';

/** Below the range from which the kernel chooses ports for outgoing connections. */
const FIRST_PORT = 20_000;
const PORT_COUNT = 12_000;

/** Returns a random port on which no process listened a moment ago. */
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
