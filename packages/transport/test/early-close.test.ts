import { httpRequest, RawSocket, upgradeRequest } from '@newswire/testkit';
import { afterEach, expect, test } from 'vitest';
import { StreamRig } from './stream-rig.js';

let rig: StreamRig;

afterEach(() => rig.stop());

test.each([
  ['a WebSocket', upgradeRequest('/ws'), 'too many requests'],
  ['a stream', httpRequest('GET /get?hello'), '3013 too many requests'],
  ['a stream with a body', httpRequest('POST /post', { body: 'hello' }), '3013 too many requests'],
])(
  '%s that is closed while it opens is told of its close, and of nothing else',
  async (_, request, reason) => {
    rig = await StreamRig.start();
    rig.onOpen = (connection) => connection.close(3013, 'too many requests');
    const socket = await RawSocket.open(rig.port);
    socket.send(request);
    await socket.receives(reason);
    socket.cut();
    const { listener } = rig.at(0);
    expect(listener.closes).toEqual([3013]);
    expect(listener.texts).toEqual([]);
  },
);
