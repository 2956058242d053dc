import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { missingPrograms, NewswireProcess, RedisServer, ROOT, until } from '@newswire/testkit';
import { Centrifuge } from 'centrifuge';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

const run = promisify(execFile);

const KEY = 'the-key-of-this-test';
const CHANNEL = 'chat:1';
const CHANNELS_FILE = { namespaces: { chat: { presence: true } } };

interface Rig {
  readonly edge: NewswireProcess;
  readonly center: NewswireProcess;
  dispose(): Promise<void>;
}

type Settings = Readonly<Record<`NEWSWIRE_${string}`, string>>;

async function startEmbedded(settings: Settings): Promise<Rig> {
  const newswire = await NewswireProcess.start('standalone', settings);
  return { edge: newswire, center: newswire, dispose: async () => void (await newswire.stop()) };
}

async function startPair(settings: Settings): Promise<Rig> {
  const redis = await RedisServer.start();
  const all = { ...settings, NEWSWIRE_REDIS_URL: redis.url };
  const [edge, center] = await Promise.all([
    NewswireProcess.start('edge', all),
    NewswireProcess.start('center', all),
  ]);
  const dispose = async () => {
    await Promise.all([edge.stop(), center.stop()]);
    await redis.dispose();
  };
  return { edge, center, dispose };
}

const RIGS = [
  { name: 'embedded', start: startEmbedded, needs: [] },
  { name: 'edge and center over Redis', start: startPair, needs: ['redis-server', 'redis-cli'] },
].map((rig) => ({ ...rig, missing: missingPrograms(...rig.needs) }));

const needsPython = !existsSync(`${ROOT}.venv/lib`) || !existsSync(`${ROOT}.venv/ready`);

async function readAnswers(
  center: NewswireProcess,
  client: string,
): Promise<Record<string, unknown>> {
  const program = `${ROOT}tests/clients/server_api.py`;
  const args = [program, `${center.url}/api`, KEY, CHANNEL, client];
  const { stdout } = await run(`${ROOT}.venv/bin/python`, args);
  return JSON.parse(stdout) as Record<string, unknown>;
}

for (const { name, start: startRig, missing } of RIGS) {
  const isSkipped = needsPython || missing.length > 0;
  describe.skipIf(isSkipped)(`Python's cent, unmodified: ${name}`, () => {
    test('does all it can do with the server API', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'newswire-cent-'));
      await writeFile(join(folder, 'channels.json'), JSON.stringify(CHANNELS_FILE));
      const rig = await startRig({
        NEWSWIRE_DRAIN_MS: '0',
        NEWSWIRE_API_KEY: KEY,
        NEWSWIRE_CHANNELS_FILE: join(folder, 'channels.json'),
      });
      const centrifuge = new Centrifuge(rig.edge.webSocketUrl, { websocket: WebSocket });
      const told: unknown[] = [];
      let client = '';
      centrifuge.on('connected', (context) => (client = context.client));
      centrifuge.on('disconnected', ({ code, reason }) => told.push([code, reason]));
      centrifuge.on('subscribed', ({ channel, data }) => told.push([channel, data]));
      centrifuge.on('unsubscribed', ({ channel }) => told.push([channel]));
      const subscription = centrifuge.newSubscription(CHANNEL);
      const heard: unknown[] = [];
      subscription.on('publication', ({ data, tags }) => heard.push(tags ? [data, tags] : data));
      subscription.subscribe();
      centrifuge.connect();
      await subscription.ready();

      const answers = await readAnswers(rig.center, client);

      const epoch = expect.any(String);
      const at = (offset: number) => ({ offset, epoch });
      const one = { data: { n: 1 }, offset: 1, tags: { desk: 'sports' } };
      const two = { data: 'two', offset: 2 };
      const three = { data: 'three', offset: 3 };
      const empty = {};
      expect(answers).toEqual({
        publish: at(1),
        again: at(1),
        b64data: at(2),
        broadcast: {
          responses: [
            { result: at(3) },
            { error: { code: 107, message: expect.stringContaining('not ok') } },
          ],
        },
        skip_history: { offset: 4, epoch: expect.any(String) },
        history: { publications: [one, two, three], ...at(4) },
        since: { publications: [two], ...at(4) },
        reverse: { publications: [three], ...at(4) },
        top: { publications: [], ...at(4) },
        presence: { presence: { [client]: { client, user: '' } } },
        presence_stats: { num_clients: 1, num_users: 1 },
        channels: { channels: { [CHANNEL]: { num_clients: 1 } } },
        info: {
          nodes: [expect.objectContaining({ num_clients: 1, num_subs: 1, num_channels: 1 })],
        },
        'batch False': [at(1), at(2), { channels: {} }],
        'batch True': [at(3), at(4), { channels: {} }],
        refresh: empty,
        subscribe: empty,
        unsubscribe: empty,
        disconnect: empty,
        history_remove: empty,
        removed: { publications: [], ...at(4) },
        error: { code: 107, message: expect.stringContaining('not ok') },
        unauthorized: true,
        async: at(1),
      });
      await until('the end', () => told.length === 3);
      expect(told).toEqual([['extra', { a: 1 }], ['extra'], [4500, 'goodbye']]);
      expect(heard).toEqual([[{ n: 1 }, { desk: 'sports' }], 'two', 'three', 'four']);
      centrifuge.disconnect();
      await rig.dispose();
      await rm(folder, { recursive: true });
    });
  });
}
