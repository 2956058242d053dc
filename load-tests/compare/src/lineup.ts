import { load, stopAll, type System } from '@newswire/load-harness';
import type { Contender } from './contender.js';
import { within } from './limits.js';
import type { Settings } from './settings.js';

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
const WARM_UP_LIMIT_MS = 90_000;
const WARM_UP_WINDOW = 16;

/** The comparison was told to end; what is said of a contender now means nothing. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * The contenders' servers. Each is started and warmed when it is first loaded, and stands until it is stopped;
 * an idle one uses next to no CPU. Who breaks under a load is stopped, and started anew for the next.
 */
export class Lineup {
  readonly #settings: Settings;
  readonly #standing = new Map<string, System>();
  readonly #wouldNotStart = new Map<string, unknown>();
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

  /** Hands over a server that nobody has connected to, and stops it behind it. */
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
    if (system) await within(STOP_LIMIT_MS, `stopping ${id}`, system.stop());
  }

  /** Who would not start may try again behind this. */
  async stopAll(): Promise<void> {
    const standing = [...this.#standing.values()];
    this.#standing.clear();
    this.#wouldNotStart.clear();
    await within(STOP_LIMIT_MS, 'stopping the servers', stopAll(standing));
  }

  /** Stops everything; whatever runs or would run rejects with Interrupted. */
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
    if (this.#wouldNotStart.has(id)) throw this.#wouldNotStart.get(id);
    const starting = contender.start();
    try {
      const system = await within(START_LIMIT_MS, `starting ${id}`, starting);
      this.#standing.set(id, system);
      return system;
    } catch (error) {
      this.#wouldNotStart.set(id, error);
      starting.then((late) => late.stop()).catch(() => undefined);
      throw error;
    }
  }
}
