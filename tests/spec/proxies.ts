import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, programPath, ROOT, TestProcess, until } from '@newswire/testkit';

/** A way to put another proxy in front of newswire's Nginx. */
export interface ProxyKind {
  readonly name: string;
  readonly program: string;
  readonly isTls: boolean;
  /** Writes the configuration into the folder; the arguments that start the program with it. */
  readonly configure: (setting: ProxySetting) => readonly string[];
}

export interface ProxySetting {
  readonly folder: string;
  /** To listen on. */
  readonly port: number;
  /** Of newswire's Nginx. */
  readonly target: number;
}

export interface RunningProxy {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Returns the text of a fenced block of docs/proxies.md. */
export function snippet(language: string): string {
  const text = readFileSync(`${ROOT}docs/proxies.md`, 'utf8');
  const [, block] = new RegExp(`\n\`\`\`${language}\n(.*?)\n\`\`\`\n`, 's').exec(text) ?? [];
  if (block === undefined) throw new Error(`docs/proxies.md has no block ${language}`);
  return block;
}

/** The snippet with this test's ports and certificate, each of which it has to name. */
function adapted(language: string, changes: Readonly<Record<string, string>>): string {
  let text = snippet(language);
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`the block ${language} does not contain ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

function nginx(name: string, isTls: boolean, http: (setting: ProxySetting) => string): ProxyKind {
  return {
    name,
    program: 'nginx',
    isTls,
    configure: (setting) => {
      const { folder } = setting;
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (each) => `${each}_temp_path ${folder}/${each};`,
      );
      const text = `pid ${folder}/pid; error_log stderr; events {} http { access_log off;
        ${paths.join(' ')} ${http(setting)} }`;
      writeFileSync(join(folder, 'nginx.conf'), text);
      return ['-e', 'stderr', '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'];
    },
  };
}

const CERTIFICATE = 'news.example.com.pem';

/** As the manual has them. */
export const DOCUMENTED: readonly ProxyKind[] = [
  nginx('Nginx', true, ({ folder, port, target }) =>
    adapted('nginx', {
      'listen 443': `listen 127.0.0.1:${port}`,
      '/etc/ssl': folder,
      '127.0.0.1:9900': `127.0.0.1:${target}`,
    }),
  ),
  {
    name: 'Caddy',
    program: 'caddy',
    isTls: true,
    configure: ({ folder, port, target }) => {
      const pem = join(folder, CERTIFICATE);
      const site = adapted('caddy', {
        'news.example.com {': `https://127.0.0.1:${port} {\n tls ${pem} ${pem}`,
        '127.0.0.1:9900': `127.0.0.1:${target}`,
      });
      const global = '{\n admin off\n auto_https disable_redirects\n grace_period 100ms\n}\n';
      writeFileSync(join(folder, 'Caddyfile'), global + site);
      return ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')];
    },
  },
  {
    name: 'HAProxy',
    program: 'haproxy',
    isTls: true,
    configure: ({ folder, port, target }) => {
      const text = adapted('haproxy', {
        'bind :443': `bind 127.0.0.1:${port}`,
        '/etc/ssl': folder,
        '127.0.0.1:9900': `127.0.0.1:${target}`,
      });
      writeFileSync(join(folder, 'haproxy.cfg'), `${text}\n`);
      return ['-db', '-f', join(folder, 'haproxy.cfg')];
    },
  },
  {
    name: 'Traefik',
    program: 'traefik',
    isTls: true,
    configure: ({ folder, port, target }) => {
      const text = adapted('traefik', {
        'news.example.com': '127.0.0.1',
        '127.0.0.1:9900': `127.0.0.1:${target}`,
      });
      const pem = join(folder, CERTIFICATE);
      const certificates = `tls:\n  certificates:\n    - { certFile: ${pem}, keyFile: ${pem} }\n`;
      writeFileSync(join(folder, 'newswire.yaml'), `${text}\n${certificates}`);
      return [
        `--entryPoints.websecure.address=127.0.0.1:${port}`,
        '--entryPoints.websecure.transport.respondingTimeouts.readTimeout=0',
        `--providers.file.filename=${join(folder, 'newswire.yaml')}`,
      ];
    },
  },
];

/** As one finds them: they know nothing of newswire. */
export const UNPREPARED: readonly ProxyKind[] = [
  nginx('a default Nginx', false, ({ port, target }) => {
    const location = `location / { proxy_pass http://127.0.0.1:${target}; }`;
    return `server { listen 127.0.0.1:${port}; ${location} }`;
  }),
  nginx('an Nginx that compresses', false, ({ port, target }) => {
    const location = `location / { proxy_pass http://127.0.0.1:${target}; }`;
    const gzip = 'gzip on; gzip_proxied any; gzip_min_length 0; gzip_types *;';
    return `${gzip} server { listen 127.0.0.1:${port}; ${location} }`;
  }),
  {
    name: 'an HAProxy that compresses',
    program: 'haproxy',
    isTls: false,
    configure: ({ folder, port, target }) => {
      const text = `defaults
    mode http
    timeout client 120s
    timeout connect 5s
    timeout server 120s
    compression algo gzip
    compression type text/event-stream application/json
listen newswire
    bind 127.0.0.1:${port}
    server newswire 127.0.0.1:${target}
`;
      writeFileSync(join(folder, 'haproxy.cfg'), text);
      return ['-db', '-f', join(folder, 'haproxy.cfg')];
    },
  },
];

export async function startProxy(kind: ProxyKind, target: number): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'newswire-proxy-'));
  chmodSync(folder, 0o755); // Nginx has its workers run as another user
  const port = await freePort();
  if (kind.isTls) makeCertificate(folder);
  const args = kind.configure({ folder, port, target });
  const env = { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = new TestProcess(programPath(kind.program) ?? kind.program, args, env);
  await until(kind.name, () => {
    if (!child.isRunning) throw new Error(`${kind.name} ended: ${child.stderr}`);
    return isListening(port);
  });
  return {
    url: `${kind.isTls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    stop: async () => {
      await child.stop('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A certificate of its own, with its key in the same file, as HAProxy wants it. */
function makeCertificate(folder: string): void {
  const pem = join(folder, CERTIFICATE);
  const key = join(folder, 'news.example.com.key');
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', pem];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files], {
    stdio: 'ignore',
  });
  writeFileSync(pem, readFileSync(pem, 'utf8') + readFileSync(key, 'utf8'));
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
