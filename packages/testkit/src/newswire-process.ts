import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestProcess, type Exit } from './child-process.js';
import { freePort } from './free-port.js';
import { untilAnswers } from './until-answers.js';

export type ServiceName = 'edge' | 'center' | 'standalone';

export type ServiceEnvironment = Readonly<Record<`NEWSWIRE_${string}`, string>>;

const PORT_NAMES = {
  edge: 'NEWSWIRE_EDGE_PORT',
  center: 'NEWSWIRE_CENTER_PORT',
  standalone: 'NEWSWIRE_PORT',
} as const;

/** The checkout. Services run from its dist folders, as built. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** An empty folder, so that services started here find no `.env`. */
const WORKING_DIRECTORY = mkdtempSync(join(tmpdir(), 'newswire-cwd-'));
process.once('exit', () => rmSync(WORKING_DIRECTORY, { recursive: true, force: true }));

/** Starts a built service without the NEWSWIRE_* settings of our environment or `.env`. */
export function spawnService(service: ServiceName, environment: ServiceEnvironment): TestProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('NEWSWIRE_'));
  const env = { ...Object.fromEntries(inherited), ...environment };
  const script = `${ROOT}services/${service}/dist/main.js`;
  return new TestProcess(process.execPath, [script], env, WORKING_DIRECTORY);
}

/** A running newswire service on a free port. */
export class NewswireProcess {
  readonly port: number;
  readonly process: TestProcess;

  private constructor(port: number, process: TestProcess) {
    this.port = port;
    this.process = process;
  }

  /** Resolves when the service is ready, or with `untilReady: false` once it listens. */
  static async start(
    service: ServiceName,
    environment: ServiceEnvironment = {},
    { untilReady = true } = {},
  ): Promise<NewswireProcess> {
    const portName = PORT_NAMES[service];
    const port = Number(environment[portName] ?? (await freePort()));
    const process = spawnService(service, { ...environment, [portName]: String(port) });
    const started = new NewswireProcess(port, process);
    await untilAnswers(service, process, started.url + (untilReady ? '/readyz' : '/healthz'));
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get webSocketUrl(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** The HTTP status of a GET, or 0 if nothing answers. */
  async status(path: string): Promise<number> {
    return fetch(this.url + path).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => 0,
    );
  }

  stop(signal?: NodeJS.Signals): Promise<Exit> {
    return this.process.stop(signal);
  }
}
