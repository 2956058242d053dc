// Listens over plain SSE for a k6 scenario, as k6 cannot: it opens the connections and hands on what came,
// when it came. k6 judges it. load-tests/run starts it; it ends when k6 has not asked for a while.
//   PORT (0: a free one, which the first line of stdout names)
// POST /listen {"baseUrl","channels","connections"} opens connections, spread over the channels.
// GET /events answers what came since the last time: {"deliveries": [[connection, atMs, text]…], "subscribed",
// "failures"}. POST /leave closes them all.
import http from 'node:http';

const IDLE_LIMIT_MS = 30_000;
const LOOPBACK = /^http:\/\/(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?$/;

let deliveries = [];
let subscribed = 0;
let failures = [];
let requests = [];
const idleTimer = setTimeout(() => process.exit(), IDLE_LIMIT_MS);

const handleEvent = (connection, block, atMs) => {
  const lines = block.split('\n');
  const named = (name) =>
    lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
  const [event] = named('event');
  if (event === 'subscribed') subscribed += 1;
  else if (event === 'gap' || event === 'error') failures.push(`${event}: ${named('data')}`);
  else if (event) deliveries.push([connection, atMs, named('data').join('\n')]);
};

const read = (connection, response) => {
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (text) => {
    const atMs = Date.now();
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) handleEvent(connection, block, atMs);
  });
};

const open = (connection, url) => {
  const fail = (reason) => {
    if (requests.includes(request)) failures.push(reason);
    requests = requests.filter((each) => each !== request);
  };
  const request = http.get(url, { agent: false }, (response) => {
    if (response.statusCode === 200) read(connection, response);
    else fail(`answered ${response.statusCode}`);
    response.on('close', () => fail('closed'));
  });
  request.on('error', ({ message }) => fail(message));
  requests.push(request);
};

const leave = () => {
  const leaving = requests;
  requests = [];
  for (const request of leaving) request.destroy();
};

const listen = ({ baseUrl, channels, connections }) => {
  if (!LOOPBACK.test(baseUrl)) return 'baseUrl must be a loopback address';
  for (let n = 0; n < connections; n += 1) {
    open(n, `${baseUrl}/sse?channels=${encodeURIComponent(channels[n % channels.length])}`);
  }
  return null;
};

const takeEvents = () => {
  const answer = { deliveries, subscribed, failures };
  deliveries = [];
  failures = [];
  return answer;
};

const readBody = async (request) => {
  let body = '';
  for await (const part of request) body += part;
  return JSON.parse(body);
};

const answer = async (request) => {
  switch (`${request.method} ${request.url}`) {
    case 'POST /listen': {
      const error = listen(await readBody(request));
      return error ? { error } : {};
    }
    case 'GET /events':
      return takeEvents();
    case 'POST /leave':
      leave();
      return {};
    default:
      return { error: 'there is POST /listen, GET /events and POST /leave' };
  }
};

const server = http.createServer((request, response) => {
  idleTimer.refresh();
  answer(request).then(
    (body) => response.end(JSON.stringify(body)),
    (error) => response.writeHead(400).end(JSON.stringify({ error: error.message })),
  );
});
server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () =>
  process.stdout.write(`${server.address().port}\n`),
);
