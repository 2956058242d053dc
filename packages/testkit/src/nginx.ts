import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestProcess } from './child-process.js';
import { freePort } from './free-port.js';
import { ROOT } from './newswire-process.js';
import { until } from './until.js';

/** A real Nginx with the project's nginx.conf. Its upstreams are fixed; no resolver is used. */
export class NginxServer {
  readonly port: number;
  readonly #process: TestProcess;
  readonly #directory: string;

  private constructor(port: number, process: TestProcess, directory: string) {
    this.port = port;
    this.#process = process;
    this.#directory = directory;
  }

  /**
   * `settings`: directives of nginx.conf with other values; `command`: Nginx, such as behind
   * taskset; `http`: more directives for its `http`; `port`: otherwise a free one.
   */
  static async start(
    upstreams: Record<string, readonly number[]>,
    settings: Readonly<Record<string, string>> = {},
    [program, ...before]: readonly [string, ...string[]] = ['nginx'],
    { http = '', port: chosenPort = 0 } = {},
  ): Promise<NginxServer> {
    const directory = await mkdtemp(join(tmpdir(), 'newswire-nginx-'));
    const port = chosenPort || (await freePort());
    const conf = withSettings(await readFile(`${ROOT}nginx.conf`, 'utf8'), settings);
    const file = join(directory, 'nginx.conf');
    await writeFile(file, conf.replace('listen 9900', `listen 127.0.0.1:${port}`));
    const blocks = Object.entries(upstreams).map(([name, ports]) => {
      const servers = ports.map((each) => `server 127.0.0.1:${each} max_fails=0;`);
      return `upstream ${name} { zone ${name} 64k; least_conn; ${servers.join(' ')} }\n`;
    });
    await writeFile(join(directory, 'upstreams.conf'), blocks.join('') + http);
    const args = [...before, '-e', 'stderr', '-c', file, '-g', 'daemon off;'];
    const path = `${process.env['PATH']}:/usr/sbin`;
    const nginx = new TestProcess(program, args, { ...process.env, PATH: path });
    await until('nginx', async () => {
      if (!nginx.isRunning) throw new Error(`nginx ended: ${nginx.stderr}`);
      return fetch(`http://127.0.0.1:${port}/`).then(
        async (response) => (await response.text()) !== '',
        () => false,
      );
    });
    return new NginxServer(port, nginx, directory);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The master's process id; the workers are its children. */
  get pid(): number {
    return this.#process.pid;
  }

  get webSocketUrl(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  async stop(): Promise<void> {
    await this.#process.stop('SIGTERM');
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function withSettings(conf: string, settings: Readonly<Record<string, string>>): string {
  let changed = conf;
  for (const [name, value] of Object.entries(settings)) {
    const directive = new RegExp(`\\b${name} [^;]+;`, 'g');
    if (!directive.test(conf)) throw new Error(`nginx.conf has no ${name}`);
    changed = changed.replaceAll(directive, `${name} ${value};`);
  }
  return changed;
}
