import { lookup as dnsLookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import type { FaultLog } from '../fault-log.js';

/** Where edges are found: one, or by a name with several addresses any number of them. */
export interface EdgeName {
  readonly host: string;
  readonly port: number;
}

/** One edge's address. */
export interface EdgeAddress {
  readonly ip: string;
  readonly port: number;
}

/** All addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export const systemLookup: Lookup = async (host) => {
  const found = await dnsLookup(host, { all: true });
  return found.map(({ address }) => address);
};

export function addressText({ ip, port }: EdgeAddress): string {
  return isIPv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export interface FinderOptions {
  readonly edges: readonly EdgeName[];
  readonly lookup: Lookup;
  /** Names are resolved this often, in ms. */
  readonly intervalMs: number;
  readonly faultLog: FaultLog;
  /** Told after each round which addresses the names have now, each once. */
  readonly onFound: (addresses: ReadonlyMap<string, EdgeAddress>) => void;
}

/**
 * Resolves the edges' names again and again: scaled edges come and go. A name that can't be resolved
 * right now keeps the addresses it had.
 */
export class EdgeFinder {
  readonly #options: FinderOptions;
  readonly #known = new Map<EdgeName, readonly EdgeAddress[]>();
  /** Of the names that could not be resolved last time, a sentence each. */
  readonly #troubles = new Map<EdgeName, string>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: FinderOptions) {
    this.#options = options;
    void this.#look();
  }

  /** Why a name has no address, as a sentence. */
  get trouble(): string | undefined {
    return [...this.#troubles.values()][0];
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** A round begins after the last one has ended: a name server may take its time. */
  async #look(): Promise<void> {
    const { edges, intervalMs, onFound } = this.#options;
    await Promise.all(edges.map((name) => this.#resolve(name)));
    if (this.#isStopped) return;
    const all = [...this.#known.values()].flat();
    onFound(new Map(all.map((address) => [addressText(address), address])));
    this.#timer = setTimeout(() => void this.#look(), intervalMs).unref();
  }

  async #resolve(name: EdgeName): Promise<void> {
    const { lookup, faultLog } = this.#options;
    try {
      const found = await lookup(name.host);
      this.#troubles.delete(name);
      this.#known.set(
        name,
        found.map((ip) => ({ ip, port: name.port })),
      );
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const sentence = `the name ${name.host} in NEWSWIRE_EDGES can't be resolved (${code})`;
      this.#troubles.set(name, sentence);
      faultLog.warn(sentence);
    }
  }
}
