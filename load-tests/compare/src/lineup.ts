import type { Contender } from './contender.js';
import type { Settings } from './settings.js';
import { load } from './system/generator.js';
import { stopAll } from './system/programs.js';
import type { System } from './system/system.js';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const WARM_UP_LIMIT_MS = 90_000;
const WARM_UP_WINDOW = 16;

/** As the promise, but rejects when that takes longer than `limitMs`. What it does goes on. */
export async function limitTime<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const sentence = `${what} took longer than ${limitMs / 1000} s`;
    timer = setTimeout(() => reject(new Error(sentence)), limitMs);
  });
  return Promise.race([promise, tooLong]).finally(() => clearTimeout(timer));
}

/** The comparison was interrupted: a failure after that is not the contender's. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * The contenders' servers. Each is started and warmed when it is first loaded, and runs until it is stopped; an
 * idle one uses next to no CPU. A server that breaks under a load is stopped, and started again for the next.
 */
export class Lineup {
  readonly #settings: Settings;
  readonly #standing = new Map<string, System>();
  readonly #startErrors = new Map<string, unknown>();
  #isOver = false;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Hands over a warm server. Rejects with what `act` does, or with why there is no server. */
  async run<T>(contender: Contender, act: (system: System) => Promise<T>): Promise<T> {
    return this.#guarded(contender, async () => {
      const standing = this.#standing.get(contender.id);
      return act(standing ?? (await this.#startWarm(contender)));
    });
  }

  /** Hands over a server without earlier connections, and stops it afterwards. */
  async runFresh<T>(contender: Contender, act: (system: System) => Promise<T>): Promise<T> {
    await this.stop(contender);
    return this.#guarded(contender, async () => {
      const result = await act(await this.#start(contender));
      await this.stop(contender);
      return result;
    });
  }

  async stop({ id }: Contender): Promise<void> {
    const system = this.#standing.get(id);
    this.#standing.delete(id);
    if (system) await limitTime(STOP_LIMIT_MS, `stopping ${id}`, system.stop());
  }

  /** A contender that could not start may try again after this. */
  async stopAll(): Promise<void> {
    const standing = [...this.#standing.values()];
    this.#standing.clear();
    this.#startErrors.clear();
    await limitTime(STOP_LIMIT_MS, 'stopping the servers', stopAll(standing));
  }

  /** Stops everything; all runs, also later ones, reject with Interrupted. */
  async interrupt(): Promise<void> {
    this.#isOver = true;
    await this.stopAll();
  }

  async #guarded<T>(contender: Contender, act: () => Promise<T>): Promise<T> {
    try {
      this.#refuseWhenOver();
      return await act();
    } catch (error) {
      this.#refuseWhenOver();
      await this.stop(contender).catch(() => undefined); // why it broke is worth more than how it stopped
      throw error;
    }
  }

  #refuseWhenOver(): void {
    if (this.#isOver) throw new Interrupted('the comparison was interrupted');
  }

  async #startWarm(contender: Contender): Promise<System> {
    const system = await this.#start(contender);
    const { connections, warmUpSeconds } = this.#settings;
    if (warmUpSeconds > 0) {
      const short = ['--settle', 0, '--warm', 0, '--seconds', warmUpSeconds];
      const all = ['--connections', connections, '--window', WARM_UP_WINDOW, ...short];
      await load(system, all, WARM_UP_LIMIT_MS);
    }
    return system;
  }

  async #start(contender: Contender): Promise<System> {
    const { id } = contender;
    if (this.#startErrors.has(id)) throw this.#startErrors.get(id);
    const starting = contender.start();
    try {
      const system = await limitTime(START_LIMIT_MS, `starting ${id}`, starting);
      this.#standing.set(id, system);
      return system;
    } catch (error) {
      this.#startErrors.set(id, error);
      starting.then((late) => late.stop()).catch(() => undefined);
      throw error;
    }
  }
}
