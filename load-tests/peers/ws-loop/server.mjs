// The naive loop: each publication is sent to one client of its channel after the other.
//   PORT   Clients say `sub#a|b`; a publisher says `pub#channel#text`.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({
  port: Number(process.env.PORT),
  host: '127.0.0.1',
  path: '/ws',
  perMessageDeflate: false,
});
const clientsByChannel = new Map(); // by channel

function clientsIn(channel) {
  const clients = clientsByChannel.get(channel) ?? new Set();
  clientsByChannel.set(channel, clients);
  return clients;
}

function publish(channel, text) {
  const news = Buffer.from(text); // once, not once a client
  for (const client of clientsIn(channel)) client.send(news, { binary: false });
}

server.on('connection', (client) => {
  const channels = new Set();
  client.on('error', () => client.terminate());
  client.on('close', () => {
    for (const channel of channels) clientsIn(channel).delete(client);
  });
  client.on('message', (bytes) => {
    const text = String(bytes);
    const [command, what] = text.split('#', 2);
    if (command === 'pub') publish(what, text.slice(`pub#${what}#`.length));
    if (command !== 'sub') return;
    for (const channel of what.split('|')) {
      channels.add(channel);
      clientsIn(channel).add(client);
    }
  });
});
