// The yardstick: what uWebSockets.js does by itself for the same job. Nothing newswire adds is here.
import { App } from 'uWebSockets.js';

const app = App();
let items = [];
const toText = (data) => (typeof data === 'string' ? data : JSON.stringify(data));
let offset = 0;
let speaksCentrifuge = false;
/** A tick's pushes to a channel share a frame, as the Centrifuge protocol has it. */
const publishJoined = (batch) => {
  const pushes = new Map();
  for (const { channel, data } of batch) {
    const pub = `{"data":${JSON.stringify(data)},"offset":${++offset}}`;
    const push = `{"push":{"channel":"${channel}","pub":${pub}}}`;
    const before = pushes.get(channel);
    pushes.set(channel, before === undefined ? push : `${before}\n${push}`);
  }
  for (const [channel, frame] of pushes) app.publish(channel, frame);
};
const flush = () => {
  const batch = items.splice(0);
  if (speaksCentrifuge) return publishJoined(batch);
  for (const { channel, data } of batch) app.publish(channel, toText(data));
};
app.post('/api/publish', (res) => {
  let body = '';
  res.onAborted(() => {});
  res.onData((part, isLast) => {
    body += Buffer.from(part).toString();
    if (!isLast) return;
    if (items.push(JSON.parse(body)) === 1) setImmediate(flush);
    res.end(JSON.stringify({ result: { offset: items.length, epoch: 'raw' } }));
  });
});
const subscribe = (ws, text) =>
  text
    .split('#')[1]
    .split('|')
    .forEach((name) => ws.subscribe(name));
const message = (ws, bytes) => subscribe(ws, Buffer.from(bytes).toString());
app.ws('/ws', { maxBackpressure: 0, message });

const answer = (ws, { id, connect, subscribe: asked }) => {
  if (asked) ws.subscribe(asked.channel);
  if (connect) return { id, connect: { client: 'raw', version: '0', ping: 25, pong: true } };
  return { id, subscribe: { recoverable: true, positioned: true, offset: 0, epoch: 'raw' } };
};
const command = (ws, bytes) => {
  speaksCentrifuge = true;
  const commands = Buffer.from(bytes).toString().split('\n').map(JSON.parse);
  const answers = commands.filter(({ id }) => id > 0).map((each) => answer(ws, each));
  if (answers.length > 0) ws.send(answers.map((each) => JSON.stringify(each)).join('\n'));
};
app.ws('/connection/websocket', { maxBackpressure: 0, message: command });
app.get('/readyz', (res) => res.end('ready'));
app.listen('127.0.0.1', Number(process.env.NEWSWIRE_PORT), () => {});
