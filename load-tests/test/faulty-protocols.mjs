// The other protocols of faulty-server.mjs: how Centrifuge, Pusher, NATS, MQTT and Socket.IO servers say the same. For tests only.
// Each cuts or joins what it says in a way that its real server may.
const CENTRIFUGE_PATH = '/connection/websocket';
const otherPush = '{"push":{"channel":"other","join":{}}}';

const topic = (protocol, channel) => `${protocol}#${channel}`;

/** A packet of MQTT; its parts are bytes or texts. */
function mqttPacket(type, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const length = [];
  for (let rest = body.length; rest > 0 || length.length === 0; rest >>>= 7) {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  }
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

function publishOnMqtt(app, channel, text) {
  const packet = mqttPacket(0x30, [0, channel.length], channel, text);
  const other = mqttPacket(0x30, [0, 5], 'other');
  const bytes = Buffer.concat([other, packet]);
  for (const cut of [bytes.subarray(0, 12), bytes.subarray(12, 30), bytes.subarray(30)]) {
    app.publish(topic('mqtt', channel), cut, true);
  }
}

function toVarint(value) {
  const bytes = [];
  for (let rest = value; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(value >>> (7 * bytes.length));
  return bytes;
}

/** A field of Protobuf that has a length, or without a number a message after its length. */
function protobufField(number, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const tag = number === undefined ? [] : [(number << 3) | 2];
  return Buffer.concat([Buffer.from([...tag, ...toVarint(body.length)]), body]);
}

const protobufPush = (...content) => protobufField(undefined, protobufField(4, ...content));

function publishOnProtobuf(app, channel, text, offset) {
  const pub = protobufField(4, [0x20, ...toVarint(offset)], protobufField(1, text));
  const other = protobufPush(protobufField(2, 'other'), protobufField(5));
  const push = protobufPush(protobufField(2, channel), pub);
  app.publish(topic('centrifuge-protobuf', channel), Buffer.concat([other, push]), true);
}

/** How many ever subscribed to a channel over the Centrifuge protocol or plain SSE. */
export const subscribedOnProtocols = new Map();
const streams = []; // of plain SSE: channel and answer

const countSubscriber = (channel) =>
  subscribedOnProtocols.set(channel, (subscribedOnProtocols.get(channel) ?? 0) + 1);

/** Sends an item to the subscribers of these protocols; `text` is its data as the seed protocol says it. */
export function publishOnProtocols(app, { channel, data, offset }, text) {
  for (const stream of streams) {
    if (stream.channel === channel) stream.res.write(`event: ${channel}\ndata: ${text}\n\n`);
  }
  const push = JSON.stringify({ push: { channel, pub: { data, offset } } });
  app.publish(topic('centrifuge', channel), `${otherPush}\n${push}`);
  const message = `MSG ${channel} 1 ${Buffer.byteLength(text)}\r\n${text}\r\n`;
  for (const cut of [message.slice(0, 5), message.slice(5, 40), message.slice(40)]) {
    app.publish(topic('nats', channel), Buffer.from(cut), true);
  }
  publishOnMqtt(app, channel, text);
  publishOnProtobuf(app, channel, text, offset);
  const event = { event: 'message', channel, data: text };
  app.publish(topic('pusher', channel), JSON.stringify(event));
  app.publish(topic('socket.io', channel), `42${JSON.stringify(['news', text])}`);
}

function handleCentrifuge(ws, text, { isPinging, handlePong, assignOffset }) {
  if (text === '{}') {
    handlePong();
    return;
  }
  const command = JSON.parse(text);
  if (command.connect) ws.send('{"id":1,"connect":{"ping":25,"pong":true}}');
  if (!command.subscribe) return;
  const { id, subscribe } = command;
  ws.subscribe(topic('centrifuge', subscribe.channel));
  countSubscriber(subscribe.channel);
  ws.send(JSON.stringify({ id, subscribe: { offset: assignOffset(subscribe.channel) } }));
  if (isPinging) ws.send(`${otherPush}\n{}`);
}

/** Only what the generator sends: `id`, then one command with a channel or without. */
function handleProtobuf(ws, bytes, { isPinging, handlePong }) {
  if (bytes.length === 1) {
    handlePong();
    return;
  }
  const channel = bytes.subarray(7).toString();
  if (channel === '') {
    ws.send(protobufField(undefined, [0x08, 1], protobufField(5)), true);
    return;
  }
  ws.subscribe(topic('centrifuge-protobuf', channel));
  ws.send(protobufField(undefined, [0x08, 2], protobufField(6)), true);
  if (isPinging) ws.send(Buffer.from([0]), true);
}

function handlePusher(ws, text, { isPinging, handlePong }) {
  const { event, data } = JSON.parse(text);
  if (event === 'pusher:pong') handlePong();
  if (event !== 'pusher:subscribe') return;
  ws.subscribe(topic('pusher', data.channel));
  ws.send(`{"event":"pusher_internal:subscription_succeeded","channel":"${data.channel}"}`);
  if (isPinging) ws.send('{"event":"pusher:ping","data":{}}');
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

function handleMqtt(ws, bytes, { publish }) {
  const say = (...packet) => ws.send(mqttPacket(...packet), true);
  const [type] = bytes;
  if (type === 0x10) say(0x20, [0, 0]);
  if (type === 0x82) {
    ws.subscribe(topic('mqtt', bytes.subarray(6, 6 + bytes[5]).toString()));
    say(0x90, [0, 1, 0]);
  }
  if (type !== 0x30) return;
  const rest = bytes.subarray(bytes.findIndex((byte, at) => at > 0 && byte < 0x80) + 1);
  const dataAt = 2 + rest.readUInt16BE();
  publish({ channel: rest.toString('utf8', 2, dataAt), data: rest.toString('utf8', dataAt) });
}

/** Packets of an event or an acknowledged event: `42["subscribe","c0"]`, `420["subscribe","c0"]`. */
function eventIn(text) {
  const [, id, json] = /^42(\d*)(\[.*)$/.exec(text) ?? [];
  const [name, channel, data] = json ? JSON.parse(json) : [];
  return { id, name, channel, data };
}

const CONNECT_MS = 10;
const socketIo = new Map(); // whether it is connected, by socket

// As the real server does, it answers a connect a little later, and hangs up on who did not wait.
function connectToSocketIo(ws) {
  setTimeout(() => {
    if (!socketIo.has(ws)) return;
    socketIo.set(ws, true);
    ws.send('40{"sid":"faulty"}');
  }, CONNECT_MS);
}

function handleSocketIo(ws, text, { isPinging, handlePong, publish }) {
  if (text === '3') handlePong();
  if (text === '40') connectToSocketIo(ws);
  const { id, name, channel, data } = eventIn(text);
  if (name && !socketIo.get(ws)) {
    ws.close();
    return;
  }
  if (name === 'publish') publish({ channel, data });
  if (name !== 'subscribe') return;
  ws.subscribe(topic('socket.io', channel));
  ws.send(`43${id}[]`);
  if (isPinging) ws.send('2');
}

/** Serves these protocols; `parts` are what they need of the server. */
export function serveProtocols(app, parts) {
  const toText = (bytes) => Buffer.from(bytes).toString();
  app.ws(CENTRIFUGE_PATH, {
    maxBackpressure: 0,
    message: (ws, bytes, isBinary) => {
      if (isBinary) {
        handleProtobuf(ws, Buffer.from(bytes), parts);
        return;
      }
      for (const line of toText(bytes).split('\n')) handleCentrifuge(ws, line, parts);
    },
  });
  app.get('/sse', (res, req) => {
    const stream = { channel: req.getQuery('channels'), res };
    res.onAborted(() => streams.splice(streams.indexOf(stream), 1));
    res.write(`event: subscribed\ndata: ${stream.channel}\n\n`);
    streams.push(stream);
    countSubscriber(stream.channel);
  });
  app.ws('/app/key', {
    maxBackpressure: 0,
    open: (ws) => ws.send('{"event":"pusher:connection_established","data":"{}"}'),
    message: (ws, bytes) => handlePusher(ws, toText(bytes), parts),
  });
  app.ws('/mqtt', {
    maxBackpressure: 0,
    message: (ws, bytes) => handleMqtt(ws, Buffer.from(bytes), parts),
  });
  app.ws('/', {
    maxBackpressure: 0,
    open: (ws) => ws.send(Buffer.from('INFO {"server_name":"faulty"}\r\n'), true),
    message: (ws, bytes) => handleNats(ws, toText(bytes), parts),
  });
  app.ws('/socket.io/', {
    maxBackpressure: 0,
    open: (ws) => {
      socketIo.set(ws, false);
      ws.send('0{"sid":"faulty","upgrades":[],"pingInterval":25000}');
    },
    close: (ws) => socketIo.delete(ws),
    message: (ws, bytes) => handleSocketIo(ws, toText(bytes), parts),
  });
}
