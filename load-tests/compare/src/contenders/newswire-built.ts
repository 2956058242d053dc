import { randomBytes } from 'node:crypto';
import { SERVER_CORE, service, type Measured, type Program } from '@newswire/load-harness';
import { freePort, ROOT } from '@newswire/testkit';

/** This checkout's newswire. */
export const built: Measured = {
  checkout: ROOT,
  wire: 'centrifuge',
  standalone: `${ROOT}services/standalone/dist/main.js`,
};

/** Center and an edge without Redis: their ports, and what is to be started. */
export interface Linked {
  readonly edge: number;
  readonly center: number;
  readonly programs: readonly Program[];
}

/** Center dials the edge; neither is ready without the other, so the edge is only waited for to listen. */
export async function linked(): Promise<Linked> {
  const [link, center, edge] = [await freePort(), await freePort(), await freePort()];
  const shared = {
    NEWSWIRE_BROKER: 'delegate',
    NEWSWIRE_LINK_SECRET: randomBytes(16).toString('hex'),
  };
  const settings = {
    edge: { ...shared, NEWSWIRE_DELEGATE_PORT: String(link) },
    center: { ...shared, NEWSWIRE_EDGES: `127.0.0.1:${link}` },
  };
  const programs = [
    { ...service(built, 'edge', SERVER_CORE, { own: edge, env: settings.edge }), ready: edge },
    service(built, 'center', SERVER_CORE, { own: center, env: settings.center }),
  ];
  return { edge, center, programs };
}
