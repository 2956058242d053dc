import { Centrifuge } from 'centrifuge';
import { EventSource } from 'eventsource';
import { WebSocket } from 'ws';
import { DrivenClient } from './driven-client.js';
import { drive } from './driver.js';

/** The npm package `centrifuge` in this process. */
export function startInNode(): DrivenClient {
  const send = drive(Centrifuge, (event) => client.events.push(event), {
    websocket: WebSocket,
    eventsource: EventSource,
    fetch,
    readableStream: ReadableStream,
  });
  const client = new DrivenClient(send, async () => {
    await send({ method: 'disconnect' });
  });
  return client;
}
