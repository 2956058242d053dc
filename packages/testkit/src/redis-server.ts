import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestProcess } from './child-process.js';
import { freePort } from './free-port.js';
import { until } from './until.js';

const run = promisify(execFile);

/** A real redis-server on a free port, with an append-only file in its own folder. */
export class RedisServer {
  readonly port: number;
  readonly #directory: string;
  readonly #options: readonly string[];
  #process: TestProcess | undefined;

  private constructor(port: number, directory: string, options: readonly string[]) {
    this.port = port;
    this.#directory = directory;
    this.#options = options;
  }

  /** `options`: of redis-server, in addition to those that it always has. */
  static async start(...options: string[]): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'newswire-redis-'));
    const server = new RedisServer(await freePort(), directory, options);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Restarts it on the same port, with the data of its append-only file. */
  async start(): Promise<void> {
    this.spawn();
    const { port } = this;
    await until(`redis-server on ${port}`, () => this.cli('PING').then(isPong, () => false));
  }

  /** Like `start`, with more options, and without waiting until it answers. */
  spawn(...options: string[]): void {
    const { port } = this;
    // With "everysec", a busy disk lets Redis answer before it writes, and SIGKILL would lose answered
    // publications. With "no", it always writes first, and leaves the rest to the kernel.
    const persistence = '--save  --appendonly yes --appendfsync no';
    const args = `--port ${port} --bind 127.0.0.1 ${persistence} --dir`.split(' ');
    const all = [...args, this.#directory, ...this.#options, ...options];
    this.#process = new TestProcess('redis-server', all, process.env);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#process?.stop(signal);
  }

  /** Stops it from answering, but keeps every connection. */
  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  /** Runs redis-cli and returns its output without the last newline. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await run('redis-cli', ['-p', String(this.port), ...args]);
    return stdout.trimEnd();
  }

  /** Keeps a copy of its current files. */
  async keepFiles(): Promise<void> {
    await rm(this.#copy, { recursive: true, force: true });
    await cp(this.#directory, this.#copy, { recursive: true });
  }

  /** Kills it and restarts it with the kept files. Later data is lost. */
  async loseEnd(): Promise<void> {
    await this.stop('SIGKILL');
    await rm(this.#directory, { recursive: true, force: true });
    await cp(this.#copy, this.#directory, { recursive: true });
    await this.start();
  }

  /** Stops it and removes its files. */
  async dispose(): Promise<void> {
    this.resume();
    await this.stop('SIGKILL');
    for (const each of [this.#directory, this.#copy]) {
      await rm(each, { recursive: true, force: true });
    }
  }

  get #copy(): string {
    return `${this.#directory}-kept`;
  }
}

function isPong(reply: string): boolean {
  return reply === 'PONG';
}
