// A website with news on it: serves the pages of this folder, and hands everything else on to
// newswire, as a web server before both of them does. Pages and newswire have one origin that way.
//
//     node examples/serve.mjs      then open http://localhost:8080
//
// PORT and NEWSWIRE_URL say otherwise.
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';

const port = Number(process.env.PORT ?? 8080);
const newswire = new URL(process.env.NEWSWIRE_URL ?? 'http://127.0.0.1:9900');

const PAGES = {
  '/': ['centrifuge.html', 'text/html'],
  '/events': ['events.html', 'text/html'],
  '/pusher': ['pusher.html', 'text/html'],
  '/pusher.js': ['../node_modules/pusher-js/dist/web/pusher.js', 'text/javascript'],
  '/echo': ['echo.html', 'text/html'],
  '/echo.js': ['../node_modules/laravel-echo/dist/echo.iife.js', 'text/javascript'],
  '/centrifuge.js': ['../node_modules/centrifuge/dist/centrifuge.js', 'text/javascript'],
};

async function sendPage(file, type, response) {
  const content = await readFile(new URL(file, import.meta.url));
  response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(content);
}

const server = createServer((incoming, response) => {
  const fail = (error) => {
    if (!response.headersSent) response.writeHead(502);
    response.end(String(error));
  };
  const page = PAGES[incoming.url];
  if (page !== undefined) return void sendPage(...page, response).catch(fail);
  const { method, headers, url } = incoming;
  const outgoing = request(new URL(url, newswire), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', fail);
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
});

// A WebSocket begins as a request and goes on as bytes both ways.
server.on('upgrade', ({ method, url, rawHeaders }, client, start) => {
  const upstream = connect(newswire.port || 80, newswire.hostname, () => {
    const lines = [`${method} ${url} HTTP/1.1`];
    for (let i = 0; i < rawHeaders.length; i += 2)
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(start);
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on('error', () => client.destroy());
  client.on('error', () => upstream.destroy());
});

server.listen(port, '127.0.0.1', () => {
  process.stdout.write(`open http://localhost:${server.address().port}\n`);
});
