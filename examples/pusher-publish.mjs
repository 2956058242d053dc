// Publishes an event as a backend does, with the npm package `pusher`:
//
//     node examples/pusher-publish.mjs matches goal '{"score":"1:0"}'
//
// newswire has to know the app: NEWSWIRE_PUSHER_APPS=examples/pusher-apps.json make start
import { readFileSync } from 'node:fs';
import process from 'node:process';
import Pusher from 'pusher';

const { apps } = JSON.parse(readFileSync(new URL('pusher-apps.json', import.meta.url), 'utf8'));
const [{ id: appId, key, secret }] = apps;
const {
  hostname: host,
  port,
  protocol,
} = new URL(process.env.NEWSWIRE_URL ?? 'http://localhost:9900');
const [channel, event, data] = process.argv.slice(2);
if (data === undefined) {
  process.stderr.write('pusher-publish.mjs CHANNEL EVENT DATA\n');
  process.exit(2);
}

const backend = new Pusher({ appId, key, secret, host, port, useTLS: protocol === 'https:' });
try {
  const answer = await backend.trigger(channel, event, data);
  process.stdout.write(`${answer.status} ${await answer.text()}\n`);
} catch (error) {
  // A refusal has the text of its answer.
  process.stderr.write(`${error.body || error.error || error.message}\n`);
  process.exit(1);
}
