import { Centrifuge } from 'centrifuge';
import { Centrifuge as ProtobufCentrifuge } from 'centrifuge/build/protobuf';
import { EventSource } from 'eventsource';
import { WebSocket } from 'ws';
import { DrivenClient, type ClientEvent } from './driven-client.js';
import { drive } from './driver.js';

/** What Node lacks, or has under another name. */
const SURROUNDINGS = {
  websocket: WebSocket,
  eventsource: EventSource,
  fetch,
  readableStream: ReadableStream,
};

/** The npm package `centrifuge` in this process. */
export function startInNode(): DrivenClient {
  return start(Centrifuge, false);
}

/** The package's Protobuf build. */
export function startProtobufInNode(): DrivenClient {
  return start(ProtobufCentrifuge as unknown as typeof Centrifuge, true);
}

function start(library: typeof Centrifuge, isBinary: boolean): DrivenClient {
  const tell = (event: ClientEvent) => void client.events.push(event);
  const send = drive(library, tell, SURROUNDINGS, isBinary);
  const client = new DrivenClient(send, async () => {
    await send({ method: 'disconnect' });
  });
  return client;
}
