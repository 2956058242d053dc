// The other wires of faulty-server.mjs: how a Centrifuge and a NATS server say the same. For tests only.
// Each cuts or joins what it says in a way that its real server may.
const CENTRIFUGE_PATH = '/connection/websocket';
const otherPush = '{"push":{"channel":"other","join":{}}}';

const topic = (wire, channel) => `${wire}#${channel}`;

/** Sends an item to the subscribers of these wires. */
export function publishOnWires(app, channel, text) {
  const push = JSON.stringify({ push: { channel, pub: { data: text, offset: 1 } } });
  app.publish(topic('centrifuge', channel), `${otherPush}\n${push}`);
  const message = `MSG ${channel} 1 ${Buffer.byteLength(text)}\r\n${text}\r\n`;
  for (const cut of [message.slice(0, 5), message.slice(5, 40), message.slice(40)]) {
    app.publish(topic('nats', channel), Buffer.from(cut), true);
  }
}

function handleCentrifuge(ws, text, { isPinging, handlePong }) {
  if (text === '{}') {
    handlePong();
    return;
  }
  const command = JSON.parse(text);
  if (command.connect) ws.send('{"id":1,"connect":{"ping":25,"pong":true}}');
  if (!command.subscribe) return;
  ws.subscribe(topic('centrifuge', command.subscribe.channel));
  ws.send('{"id":2,"subscribe":{}}');
  if (isPinging) ws.send(`${otherPush}\n{}`);
}

function handleNats(ws, text, { isPinging, handlePong, publish }) {
  const say = (what) => ws.send(Buffer.from(what), true);
  const [, published, data] = /^PUB (\S+) \d+\r\n(.*)\r\n$/.exec(text) ?? [];
  if (published) publish({ channel: published, data });
  const [, subscribed] = /^SUB (\S+) /.exec(text) ?? [];
  if (subscribed) ws.subscribe(topic('nats', subscribed));
  if (text.endsWith('PING\r\n')) say('PONG\r\n');
  if (text === 'PONG\r\n') handlePong();
  if (subscribed && isPinging) for (const part of ['PI', 'NG\r\n']) say(part);
}

/** Serves both wires; `parts` are what they need of the server. */
export function serveWires(app, parts) {
  const textOf = (bytes) => Buffer.from(bytes).toString();
  app.ws(CENTRIFUGE_PATH, {
    maxBackpressure: 0,
    message: (ws, bytes) => handleCentrifuge(ws, textOf(bytes), parts),
  });
  app.ws('/', {
    maxBackpressure: 0,
    open: (ws) => ws.send(Buffer.from('INFO {"server_name":"faulty"}\r\n'), true),
    message: (ws, bytes) => handleNats(ws, textOf(bytes), parts),
  });
}
