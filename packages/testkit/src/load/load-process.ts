import { fork, type ChildProcess } from 'node:child_process';
import { ROOT } from '../newswire-process.js';
import type { Load, LoadOptions } from './load.js';

/** The methods of a Load that its process accepts. */
export type LoadCommand = Exclude<keyof Load, 'close'>;

/** A message to the process. `create` comes first. */
export interface LoadRequest {
  readonly id: number;
  readonly command: LoadCommand | 'create';
  readonly args: readonly unknown[];
}

export interface LoadReply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A Load in its own process, so that the code that disturbs the servers is not delayed. */
export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (reply: LoadReply) => this.#handle(reply));
    child.on('exit', (code, signal) => this.#fail(`the load process ended: ${code ?? signal}`));
    process.once('exit', () => child.kill('SIGKILL'));
  }

  static async start(options: LoadOptions): Promise<LoadProcess> {
    const load = new LoadProcess(fork(`${ROOT}packages/testkit/dist/load/load-main.js`));
    await load.#call('create', [options]);
    return load;
  }

  /** Calls a method of the Load and resolves with its result. */
  async call<C extends LoadCommand>(
    command: C,
    ...args: Parameters<Load[C]>
  ): Promise<Awaited<ReturnType<Load[C]>>> {
    return (await this.#call(command, args)) as Awaited<ReturnType<Load[C]>>;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await exited;
  }

  #call(command: LoadRequest['command'], args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, command, args } satisfies LoadRequest);
    });
  }

  #handle({ id, result, error }: LoadReply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error));
  }

  #fail(reason: string): void {
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(reason));
    this.#waiting.clear();
  }
}
