import { lookup as dnsLookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import type { FaultLog } from '@newswire/broker';
import { getErrorCode } from '@newswire/runtime';

/** The location of edges: one edge or, if the name has several addresses, any number of them. */
export interface EdgeName {
  readonly host: string;
  readonly port: number;
}

/** One edge's address. */
export interface EdgeAddress {
  readonly ip: string;
  readonly port: number;
}

/** Returns all addresses of a host name. */
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
  /** Called after each round with the current addresses of the names, each address once. */
  readonly onFound: (addresses: ReadonlyMap<string, EdgeAddress>) => void;
}

/**
 * Resolves the edges' names again and again, because scaled edges come and go. A name that cannot
 * be resolved at the moment keeps its previous addresses.
 */
export class EdgeFinder {
  readonly #options: FinderOptions;
  readonly #known = new Map<EdgeName, readonly EdgeAddress[]>();
  /** The reason for each name that could not be resolved in the last round, as a sentence. */
  readonly #troubles = new Map<EdgeName, string>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: FinderOptions) {
    this.#options = options;
    void this.#look();
  }

  /** Why a name could not be resolved, as a sentence. */
  get trouble(): string | undefined {
    return [...this.#troubles.values()][0];
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** A round begins after the previous one has ended, because a name server may be slow. */
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
      const code = getErrorCode(error);
      const sentence = `the name ${name.host} in NEWSWIRE_EDGES can't be resolved (${code})`;
      this.#troubles.set(name, sentence);
      faultLog.warn(sentence);
    }
  }
}
