// The yardstick: what uWebSockets.js does by itself for the same job. Nothing newswire adds is here.
import { App } from 'uWebSockets.js';

const app = App();
let items = [];
const textOf = (data) => (typeof data === 'string' ? data : JSON.stringify(data));
const flush = () => {
  for (const { channel, data } of items.splice(0)) app.publish(channel, textOf(data));
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
app.get('/readyz', (res) => res.end('ready'));
app.listen('127.0.0.1', Number(process.env.NEWSWIRE_PORT), () => {});
