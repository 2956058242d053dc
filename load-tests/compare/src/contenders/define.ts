import type { ClientLibrary, Contender, RecoveryContender } from '../contender.js';
import {
  describeMissing,
  SERVER_CORE,
  startAll,
  stopAll,
  type Program,
} from '../system/programs.js';
import { defineSystem, reservePorts, type Layout, type Ports } from '../system/system.js';

type Plan = (ports: Ports) => Layout;

/** What a contender is made of: plain data, and the programs that run on free ports. */
export interface Recipe extends Pick<Contender, 'id' | 'name' | 'about' | 'channelsArgs'> {
  readonly kind?: Contender['kind'];
  /** Programs on PATH and peers of peers/build that it needs. */
  readonly needs?: { readonly programs?: string[]; readonly peers?: string[] };
  /** A further reason why it cannot be measured; empty: there is none. */
  readonly obstacle?: () => string;
  readonly versions: readonly (() => Promise<string>)[];
  readonly plan: Plan;
  readonly recovery?: RecoveryRecipe;
}

interface RecoveryRecipe {
  readonly library: ClientLibrary;
  readonly plan: Plan;
  /** The port of the publishing API; otherwise that of clients. */
  readonly publishAt?: keyof Ports;
}

function defineRecovery({
  library,
  plan,
  publishAt = 'clients',
}: RecoveryRecipe): RecoveryContender {
  return {
    async start() {
      const ports = await reservePorts();
      const running = await startAll(plan(ports).programs);
      const publisher = library.openPublisher(ports[publishAt]);
      return {
        port: ports.clients,
        connect: (...client) => library.connect(...client),
        publish: (...item) => publisher.publish(...item),
        async stop() {
          publisher.close?.();
          await stopAll(running);
        },
      };
    },
  };
}

export function defineContender({
  versions,
  needs = {},
  recovery,
  plan,
  ...recipe
}: Recipe): Contender {
  return {
    kind: 'peer',
    ...recipe,
    obstacle: () => recipe.obstacle?.() || describeMissing(needs),
    version: async () => (await Promise.all(versions.map((read) => read()))).join(', '),
    start: defineSystem(recipe.name, plan),
    ...(recovery && { recovery: defineRecovery(recovery) }),
  };
}

/** A Redis without a file: the disk is not measured. */
export function runRedis(port: number, core = SERVER_CORE): Program {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return { name: 'Redis', core, command: ['redis-server', ...args], ready: port };
}
