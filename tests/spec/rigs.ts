import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  missingPrograms,
  NewswireProcess,
  NginxServer,
  RedisServer,
  type ServiceEnvironment,
} from '@newswire/testkit';
import type { Section } from './document.js';

export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A way to set newswire up. */
export interface Rig {
  readonly name: string;
  readonly missing: readonly string[];
  readonly start: (environment: ServiceEnvironment) => Promise<RunningServer>;
}

const embedded: Rig = {
  name: 'the embedded server',
  missing: [],
  start: async (environment) => {
    const newswire = await NewswireProcess.start('standalone', environment);
    return { url: newswire.url, stop: async () => void (await newswire.stop('SIGKILL')) };
  },
};

const overRedis: Rig = {
  name: 'edge and center over Redis, behind Nginx',
  missing: missingPrograms('redis-server', 'redis-cli', 'nginx'),
  start: async (settings) => {
    const redis = await RedisServer.start();
    const environment = { ...settings, NEWSWIRE_REDIS_URL: redis.url };
    const [edge, center] = await Promise.all([
      NewswireProcess.start('edge', environment),
      NewswireProcess.start('center', environment),
    ]);
    const nginx = await NginxServer.start({ edges: [edge.port], center: [center.port] });
    const stop = async () => {
      await nginx.stop();
      await Promise.all([edge.stop('SIGKILL'), center.stop('SIGKILL')]);
      await redis.dispose();
    };
    return { url: nginx.url, stop };
  },
};

export const RIGS: readonly Rig[] = [embedded, overRedis];

/** Groups the sections of a document that need the same settings: they share a server. */
export function groupSections(sections: readonly Section[]): Iterable<[Section, ...Section[]]> {
  const groups = new Map<string, [Section, ...Section[]]>();
  for (const section of sections) {
    const { settings, channels, apps } = section;
    const key = JSON.stringify([settings, channels, apps]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [section]);
    else group.push(section);
  }
  return groups.values();
}

/** Starts what a section's examples are run against. */
export async function startFor(rig: Rig, section: Section): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'newswire-spec-'));
  const environment: Record<string, string> = { ...section.settings };
  if (section.channels !== undefined) {
    environment['NEWSWIRE_CHANNELS_FILE'] = join(folder, 'channels.json');
    await writeFile(join(folder, 'channels.json'), section.channels);
  }
  if (section.apps !== undefined) {
    environment['NEWSWIRE_PUSHER_APPS'] = join(folder, 'apps.json');
    await writeFile(join(folder, 'apps.json'), section.apps);
  }
  const server = await rig.start(environment);
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  };
  return { url: server.url, stop };
}
