import { until } from '@newswire/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { accessRig, OPTIONS } from './rig/access-rig.js';
import { Backend } from './rig/backend.js';
import { EdgeInProcess } from './rig/edge-in-process.js';
import { SdkClient } from './rig/sdk-client.js';

const soon = () => Math.floor(Date.now() / 1000) + 2;
const namespace = { ...OPTIONS, publish: 'hook', subscribe: 'hook', subRefresh: 'hook' } as const;

/** A backend that plays all hooks, behind an edge, and a client of the centrifuge library. */
async function rig(results: Record<string, (request: { data?: unknown }) => unknown>) {
  const paths: string[] = [];
  const backend = await Backend.start((response, { path, body }) => {
    paths.push(path);
    const result = results[path]?.(JSON.parse(body) as object) ?? {};
    response.end(JSON.stringify({ result }));
  });
  const names = ['CONNECT', 'SUBSCRIBE', 'PUBLISH', 'REFRESH', 'SUB_REFRESH'];
  const settings = Object.fromEntries(
    names.map((name) => [`NEWSWIRE_${name}_HOOK_URL`, `${backend.url}${name.toLowerCase()}`]),
  );
  const { access, hooks } = accessRig({ settings, getOptions: () => namespace });
  const edge = await EdgeInProcess.start({ access, hooks, getOptions: () => namespace });
  const client = new SdkClient(`ws://127.0.0.1:${edge.port}/connection/websocket`);
  onTestFinished(async () => {
    client.close();
    await edge.stop();
  });
  return { paths, client };
}

test('the centrifuge library stays connected and subscribed while the hooks renew', async () => {
  const { paths, client } = await rig({
    '/connect': () => ({ user: 'ann', expire_at: soon() }),
    '/subscribe': () => ({ expire_at: soon() }),
    '/refresh': () => ({ expire_at: soon() }),
    '/sub_refresh': () => ({ expire_at: soon() }),
  });
  const ended: unknown[] = [];
  client.centrifuge.on('connecting', ({ code }) => ended.push(code));
  const subscription = client.subscribe('desk:1');
  await subscription.isSubscribed();
  ended.length = 0;
  const count = (path: string) => paths.filter((each) => each === path).length;
  await until('two renewals of each', () => count('/refresh') > 1 && count('/sub_refresh') > 1);
  expect(ended).toEqual([]);
  expect(subscription.unsubscribed).toEqual([]);
  expect([count('/connect'), count('/subscribe')]).toEqual([1, 1]);
});

test('the centrifuge library reconnects once the refresh hook says that the connection expired', async () => {
  const { paths, client } = await rig({
    '/connect': () => ({ user: 'ann', expire_at: soon() }),
    '/refresh': () => ({ expired: true }),
  });
  const codes: number[] = [];
  client.centrifuge.on('connecting', ({ code }) => codes.push(code));
  await until('the close', () => codes.includes(3005));
  await client.centrifuge.ready();
  expect(paths.filter((path) => path === '/connect').length).toBeGreaterThan(1);
});

test('the publish hook changes what the centrifuge library publishes', async () => {
  const { client } = await rig({
    '/connect': () => ({ user: 'ann' }),
    '/publish': ({ data }) => ({ data: { checked: data } }),
  });
  const subscription = client.subscribe('desk:1');
  await subscription.isSubscribed();
  await client.centrifuge.publish('desk:1', 'hello');
  await until('the publication', () => subscription.data.length === 1);
  expect(subscription.data[0]).toEqual({ checked: 'hello' });
});
