import { expect, onTestFinished, test } from 'vitest';
import { accessRig } from './rig/access-rig.js';
import { Backend, json, type Answer } from './rig/backend.js';
import { EdgeInProcess } from './rig/edge-in-process.js';
import { SdkClient } from './rig/sdk-client.js';

/** A backend behind an edge, and a client of the centrifuge library. */
async function rig(answer: Answer) {
  const backend = await Backend.start(answer);
  const { access, rpc } = accessRig({ settings: { NEWSWIRE_RPC_HOOK_URL: backend.url } });
  const edge = await EdgeInProcess.start({ access, rpc });
  const client = new SdkClient(`ws://127.0.0.1:${edge.port}/connection/websocket`);
  onTestFinished(async () => {
    client.close();
    await edge.stop();
  });
  return { backend, centrifuge: client.centrifuge };
}

test('the centrifuge library asks the rpc hook', async () => {
  const { backend, centrifuge } = await rig((response, { body }) => {
    const { method, data } = JSON.parse(body) as { method: string; data: unknown };
    response.end(JSON.stringify({ result: { data: { method, data } } }, null, 2));
  });
  const asked = { text: 'a\nb', n: [1, null] };
  expect(await centrifuge.rpc('echo', asked)).toEqual({ data: { method: 'echo', data: asked } });
  const { method, headers } = backend.asked[0] ?? {};
  expect([method, headers?.['content-type']]).toEqual(['POST', 'application/json']);
});

test('an error of the rpc hook is replied to the client, which stays connected', async () => {
  const { backend, centrifuge } = await rig(
    json({ error: { code: 404, message: 'no such item' } }),
  );
  for (let i = 0; i < 30; i++) {
    const refusal = { code: 404, message: 'no such item' };
    await expect(centrifuge.rpc('find', i)).rejects.toMatchObject(refusal);
  }
  backend.answer = json({ result: { data: 1 } });
  expect(await centrifuge.rpc('find', 31)).toEqual({ data: 1 });
});

test('the rpc hook ends the connection', async () => {
  const { centrifuge } = await rig(json({ disconnect: { code: 4501, reason: 'enough' } }));
  const end = new Promise((resolve) => centrifuge.on('disconnected', resolve));
  await expect(centrifuge.rpc('any', null)).rejects.toBeDefined();
  expect(await end).toMatchObject({ code: 4501, reason: 'enough' });
});

test('an rpc hook that fails is a temporary error', async () => {
  const { centrifuge } = await rig(json({}, 502));
  await expect(centrifuge.rpc('any', null)).rejects.toMatchObject({ code: 100, temporary: true });
});
