import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { RecoveringClient, RecoveryListener, RecoverySystem } from '../src/contender.js';

/** What goes wrong behind the cut. */
export type Fault =
  'none' | 'loses' | 'reports' | 'doubles' | 'reorders' | 'stays away' | 'refuses';

/**
 * A server of lines that remembers all it was given, and a client that asks for what it has not: whole, unless it
 * breaks on purpose. It reports to clients what is missing.
 */
export async function breakableSystem(fault: Fault): Promise<RecoverySystem> {
  const log: string[] = [];
  const live = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined).on('close', () => live.delete(socket));
    // A client says how many messages it has had; nothing comes before the answer.
    socket.once('data', (count) => {
      const isBack = Number(count) > 0;
      const missed = log.slice(Number(count));
      const given = isBack ? broken(missed, fault) : missed;
      const isWhole = !(isBack && fault === 'reports');
      socket.write([`subscribed ${isWhole}`, ...given, ''].join('\n'));
      live.add(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connect: (port, _, client) => lineClient(port, client, fault !== 'stays away'),
    publish: async (_, data) => {
      if (fault === 'refuses') throw new Error('not today');
      log.push(data);
      for (const socket of live) socket.write(`${data}\n`);
    },
    stop: async () => {
      for (const socket of live) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a client is given that has missed these. */
function broken(missed: readonly string[], fault: Fault): readonly string[] {
  const [first = '', second = '', ...rest] = missed;
  if (fault === 'loses') return [first, ...rest];
  if (fault === 'reports') return [];
  if (fault === 'doubles') return [first, second, second, ...rest];
  if (fault === 'reorders') return [second, first, ...rest];
  return missed;
}

function lineClient(
  port: number,
  listener: RecoveryListener,
  comesBack: boolean,
): RecoveringClient {
  let count = 0;
  let socket: Socket | undefined;
  let retry: NodeJS.Timeout | undefined;
  const open = () => {
    let text = '';
    socket = connect(port, '127.0.0.1', () => socket?.write(String(count)));
    socket.setEncoding('utf8').on('error', () => undefined);
    socket.on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) receive(line);
    });
    socket.on('close', () => {
      if (comesBack) retry = setTimeout(open, 20);
    });
  };
  const receive = (line: string) => {
    if (line.startsWith('subscribed')) return listener.onSubscribed(line.endsWith('true'));
    count += 1;
    listener.onMessage(line);
  };
  open();
  return {
    close: () => {
      socket?.removeAllListeners('close').destroy();
      clearTimeout(retry);
    },
  };
}
