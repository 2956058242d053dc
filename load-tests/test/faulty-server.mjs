// A server that loses, doubles or reorders on purpose: shows that the load tests notice. For tests only.
// Beside newswire's own commands it takes `pub#channel#text` on /ws. faulty-protocols.mjs has other protocols.
//   FAULT=none|drop|double|reorder   EVERY=1000 (each so-many-th item of a channel)   NEWSWIRE_PORT
// Further faults: `refuse` answers such a publish with an error, `kick` closes a subscriber with 3010,
// `mute` publishes nothing more from there on; `ping` pings each subscriber.
import { App } from 'uWebSockets.js';
import { publishOnProtocols, serveProtocols, subscribedOnProtocols } from './faulty-protocols.mjs';

const fault = process.env.FAULT ?? 'none';
const every = Number(process.env.EVERY ?? 1000);
const app = App();
const counts = new Map(); // items so far, by channel
const held = new Map(); // by channel, the item that is sent behind its successor
const HELD_MS = 100; // an item that nobody follows would be lost, which is another fault
const sockets = new Map(); // names of their channels, by socket
let items = [];
let isMute = false;
let pongs = 0;

const toText = (data) => (typeof data === 'string' ? data : JSON.stringify(data));

const sendOnce = (item) => {
  const text = toText(item.data);
  app.publish(item.channel, text);
  publishOnProtocols(app, item, text);
};

const release = (channel, item) => {
  if (item === undefined || held.get(channel) !== item) return;
  held.delete(channel);
  sendOnce(item);
};

const send = (item) => {
  const { channel, isFaulty } = item;
  if (isFaulty && fault === 'drop') return;
  if (isFaulty && fault === 'mute') isMute = true;
  if (isMute) return;
  if (isFaulty && fault === 'reorder') {
    held.set(channel, item);
    setTimeout(() => release(channel, item), HELD_MS);
    return;
  }
  sendOnce(item);
  if (isFaulty && fault === 'double') sendOnce(item);
  if (isFaulty && fault === 'kick') sockets.keys().next().value?.end(3010, 'kicked');
  release(channel, held.get(channel));
};
const flush = () => items.splice(0).forEach(send);

const publish = ({ channel, data }) => {
  const count = (counts.get(channel) ?? 0) + 1;
  const isFaulty = count % every === 0;
  counts.set(channel, count);
  if (isFaulty && fault === 'refuse') return { error: { code: 108, message: 'refused' } };
  if (items.push({ channel, data, offset: count, isFaulty }) === 1) setImmediate(flush);
  return { result: { offset: count, epoch: 'faulty' } };
};

const assignOffset = (channel) => counts.get(channel) ?? 0;

const channels = () => {
  const names = [...[...sockets.values()].flat(), ...subscribedOnProtocols.keys()];
  const entries = names.map((name) => {
    const onProtocols = subscribedOnProtocols.get(name) ?? 0;
    return [name, { num_clients: app.numSubscribers(name) + onProtocols }];
  });
  return { result: { channels: Object.fromEntries(entries) } };
};

const answer = (handle) => (res) => {
  let body = '';
  res.onAborted(() => {});
  res.onData((part, isLast) => {
    body += Buffer.from(part).toString();
    if (isLast) res.end(JSON.stringify(handle(body)));
  });
};

app.post(
  '/api/publish',
  answer((body) => publish(JSON.parse(body))),
);
app.post('/api/channels', answer(channels));
app.get('/pongs', (res) => res.end(String(pongs)));
app.get('/readyz', (res) => res.end('ready'));
app.ws('/ws', {
  maxBackpressure: 0,
  open: (ws) => sockets.set(ws, []),
  close: (ws) => sockets.delete(ws),
  message: (ws, bytes) => {
    const [command, what, text] = Buffer.from(bytes).toString().split('#');
    if (command === 'pub') {
      publish({ channel: what, data: text });
      return;
    }
    const names = what.split('|');
    for (const name of names) ws.subscribe(name);
    sockets.get(ws).push(...names);
    if (fault === 'ping') ws.ping('are you there');
  },
  pong: (ws, bytes) => {
    if (Buffer.from(bytes).toString() === 'are you there') pongs += 1;
  },
});
serveProtocols(app, {
  isPinging: fault === 'ping',
  handlePong: () => (pongs += 1),
  publish,
  assignOffset,
});
app.listen('127.0.0.1', Number(process.env.NEWSWIRE_PORT ?? 9900), () => {});
