import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createNetServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  freePort,
  missingPrograms,
  NewswireProcess,
  ROOT,
  TestProcess,
  until,
} from '@newswire/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCommandLine } from '../src/command-line.js';

const TOKEN = ['--token', 'a.b.c'];

/** Each command that connects, by the way in which it does. */
const COMMANDS: readonly (readonly string[])[] = [
  ['publish', 'a', 'text'],
  ['channels'],
  ['history', 'a'],
  ['presence', 'a'],
  ['simulate', '--count', '1'],
  ['subscribe', 'a'],
  ['subscribe', 'a', ...TOKEN],
];

const servers: (Server | HttpServer)[] = [];
const folder = mkdtempSync(join(tmpdir(), 'newswire-cert-'));
const missing = missingPrograms('openssl');
let newswire: NewswireProcess;
beforeAll(async () => {
  newswire = await NewswireProcess.start('standalone', { NEWSWIRE_API_KEY: 'a key of 16 letters' });
});
afterAll(async () => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
  await newswire.stop('SIGKILL');
});

async function getPort(server: Server | HttpServer): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function answering(status: number, contentType: string, body: string): Promise<number> {
  const handle: RequestListener = (request, response) => {
    request.resume();
    response.writeHead(status, { 'Content-Type': contentType, Connection: 'close' });
    response.end(body);
  };
  return getPort(
    createServer(handle).on('upgrade', (_, socket) => {
      socket.on('error', () => undefined);
      socket.end(
        `HTTP/1.1 ${status} x\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    }),
  );
}

function createCertificate() {
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

let certificate: ReturnType<typeof createCertificate> | undefined;

function tlsPort(): Promise<number> {
  certificate ??= createCertificate();
  return getPort(createTlsServer(certificate, (_, response) => response.end('hello')));
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What the command says until it ends. Runs in this process, since to start one takes half a second. */
async function captureInProcess(url: string, args: readonly string[]): Promise<string> {
  const lines: unknown[] = [];
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(line));
  vi.stubEnv('NEWSWIRE_URL', url);
  expect(await runCommandLine(args)).not.toBe(0);
  return lines.join('\n');
}

/** `subscribe` does not end by itself, and `simulate` handles signals: those are processes of their own. */
const captureOutput = (url: string, args: readonly string[]): Promise<string> =>
  ['subscribe', 'simulate'].includes(args[0] ?? '')
    ? captureFromProcess(url, args)
    : captureInProcess(url, args);

/** What the command says until it ends, or until it will try again. */
async function captureFromProcess(url: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, NEWSWIRE_URL: url };
  const command = new TestProcess(
    process.execPath,
    [`${ROOT}packages/cli/bin/newswire.js`, ...args],
    env,
    folder,
  );
  const hasEnded = () => command.stderr.includes(', reconnecting') || !command.isRunning;
  await until('the command to end or to try again', hasEnded);
  await command.stop();
  return command.stderr;
}

describe.each(COMMANDS.map((args) => [args.join(' '), args] as const))('%s', (_, args) => {
  test('no process listens', async () => {
    const port = await freePort();
    const saying = await captureFromProcess(`http://127.0.0.1:${port}`, args);
    expect(saying).toContain(
      `no process listens at 127.0.0.1:${port}: start newswire with make start or make up`,
    );
  });

  test('a name that does not resolve', async () => {
    const saying = await captureOutput('http://no-such-host.invalid', args);
    expect(saying).toMatch(/the name no-such-host\.invalid cannot be resolved/);
    expect(saying).not.toContain('start newswire');
  });

  test.each([
    [404, 'text/html', '<h1>Not found</h1>', 'is not newswire (HTTP 404, text/html)'],
    [200, 'text/html', '<h1>Hello</h1>', 'is not newswire (HTTP 200, text/html)'],
    [200, 'application/json', '{"hello":1}', 'is not newswire (HTTP 200, application/json)'],
    [401, 'text/html', '<h1>Who?</h1>', 'refuses access and may not be newswire'],
    [403, 'text/html', '<h1>No</h1>', 'refuses access and may not be newswire'],
    [503, 'text/html', '<h1>Later</h1>', 'cannot answer now (HTTP 503, text/html)'],
  ])('another server answers %i %s', async (status, contentType, body, expected) => {
    const port = await answering(status, contentType, body);
    const saying = await captureOutput(`http://127.0.0.1:${port}`, args);
    expect(saying).toContain(`127.0.0.1:${port} ${expected}`);
  });

  test('a connection that is closed without an answer', async () => {
    const port = await getPort(createNetServer((socket) => socket.on('data', () => socket.end())));
    const saying = await captureOutput(`http://127.0.0.1:${port}`, args);
    expect(saying).toContain(`127.0.0.1:${port} closed the connection without an answer`);
  });

  test('a server that speaks something else', async () => {
    const port = await getPort(createNetServer((socket) => socket.end('220 mail.example.com\r\n')));
    const saying = await captureOutput(`http://127.0.0.1:${port}`, args);
    expect(saying).toContain(
      `127.0.0.1:${port} does not speak HTTP: try https:// instead of http://`,
    );
  });

  test('https:// for newswire without TLS', async () => {
    const saying = await captureOutput(`https://127.0.0.1:${newswire.port}`, args);
    expect(saying).toContain(
      `127.0.0.1:${newswire.port} does not speak TLS: try http:// instead of https://`,
    );
  });

  describe.skipIf(missing.length > 0)(`with TLS (needs ${missing.join() || 'openssl'})`, () => {
    test('http:// where TLS is needed', async () => {
      const saying = await captureOutput(`http://127.0.0.1:${await tlsPort()}`, args);
      expect(saying).toMatch(/(closed the connection.*|does not speak HTTP): try https:\/\//);
    });

    test('a certificate that is not trusted', async () => {
      const saying = await captureOutput(`https://127.0.0.1:${await tlsPort()}`, args);
      expect(saying).toMatch(/certificate of 127\.0\.0\.1:\d+ is not trusted \(DEPTH_ZERO_SELF/);
    });
  });
});

test.each(COMMANDS.slice(0, 5))('%s: newswire’s own refusal is said as it is', async (...args) => {
  const saying = await captureFromProcess(newswire.url, args);
  expect(saying).toMatch(/unauthorized: X-API-Key/);
});
