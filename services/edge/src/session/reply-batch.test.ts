import { describe, expect, test } from 'vitest';
import { buildOptions, ScriptedAccess } from '../../test/rig/access-script.js';
import { HubRig, settled } from '../../test/rig/hub-rig.js';

const publish = (id: number) => ({ id, publish: { channel: 'open:a', data: id } });
const newReplyBatch = (frames: readonly string[]) =>
  frames.filter((frame) => frame.includes('"publish"')).map((frame) => frame.split('\n').length);

async function publisher() {
  const rig = new HubRig(10, {
    access: new ScriptedAccess(),
    getOptions: buildOptions({ open: { publish: 'everyone' } }),
  });
  return rig.connected();
}

describe('answers that come later than their commands', () => {
  test('share a frame where one tick brings them', async () => {
    const client = await publisher();
    client.send(publish(2), publish(3), publish(4));
    await settled();
    client.send(publish(5));
    await settled();
    expect(newReplyBatch(client.socket.frames)).toEqual([3, 1]);
    expect(client.lines.slice(1)).toEqual([2, 3, 4, 5].map((id) => ({ id, publish: {} })));
  });

  test('come once, before the connection is closed', async () => {
    const client = await publisher();
    client.send(publish(2));
    for (let i = 0; i < 20; i++) await Promise.resolve(); // the tick is not over yet
    expect(newReplyBatch(client.socket.frames)).toEqual([]);
    client.session.close('forceDisconnect');
    expect(newReplyBatch(client.socket.frames)).toEqual([1]);
    await settled();
    expect(newReplyBatch(client.socket.frames)).toEqual([1]);
  });
});
