// Prints the publications of a channel as they arrive, over Protobuf. Needs `npm install centrifuge ws`.
//
//   node examples/protobuf.mjs ws://localhost:9900/connection/websocket 77707
import { Centrifuge } from 'centrifuge/build/protobuf';
import { WebSocket } from 'ws'; // browsers and Node 22 have one

const [url = 'ws://localhost:9900/connection/websocket', channel = '77707'] = process.argv.slice(2);
const text = new TextDecoder();

const client = new Centrifuge(url, { websocket: WebSocket, token: process.env.NEWSWIRE_TOKEN });
client.on('error', ({ error }) => console.error(error.message));
const subscription = client.newSubscription(channel);
subscription.on('subscribed', ({ wasRecovering, recovered }) => {
  console.log(`listening to ${channel}`);
  if (wasRecovering && !recovered) console.log(`${channel}: publications are missing`);
});
// Over Protobuf, data is bytes: the JSON text as it was published.
subscription.on('publication', ({ data }) => console.log(`${channel}: ${text.decode(data)}`));
subscription.subscribe();
client.connect();
