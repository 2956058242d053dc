import {
  callApi,
  NewswireProcess,
  NginxServer,
  RedisServer,
  sessionsOn,
  until,
  type ServiceEnvironment,
} from '@newswire/testkit';

const COMMON = {
  NEWSWIRE_DRAIN_MS: '0',
  NEWSWIRE_RING_IDLE_MS: '100',
  NEWSWIRE_SUBSCRIBE_TIMEOUT_MS: '500',
  NEWSWIRE_PING_INTERVAL_MS: '200',
};

interface Published {
  readonly result?: { readonly offset: number; readonly epoch: string };
}

/** Redis, center, three edges, and Nginx before them. */
export class Stack {
  readonly redis: RedisServer;
  readonly center: NewswireProcess;
  readonly nginx: NginxServer;
  readonly edges: NewswireProcess[];
  readonly #environment: ServiceEnvironment;
  #keys = 0;

  private constructor(
    redis: RedisServer,
    center: NewswireProcess,
    edges: NewswireProcess[],
    nginx: NginxServer,
    environment: ServiceEnvironment,
  ) {
    this.redis = redis;
    this.center = center;
    this.edges = edges;
    this.nginx = nginx;
    this.#environment = environment;
  }

  /** `settings`: of all services, beside the common ones. */
  static async start(settings: ServiceEnvironment = {}): Promise<Stack> {
    const redis = await RedisServer.start();
    const environment = { ...COMMON, ...settings, NEWSWIRE_REDIS_URL: redis.url };
    const edge = () => NewswireProcess.start('edge', environment);
    const center = NewswireProcess.start('center', {
      ...settings,
      NEWSWIRE_REDIS_URL: redis.url,
    });
    const edges = await Promise.all([edge(), edge(), edge()]);
    const nginx = await NginxServer.start({
      edges: edges.map(({ port }) => port),
      center: [(await center).port],
    });
    return new Stack(redis, await center, edges, nginx, environment);
  }

  async stop(): Promise<void> {
    await this.nginx.stop();
    await Promise.all([this.center, ...this.edges].map((service) => service.stop('SIGKILL')));
    await this.redis.dispose();
  }

  /** Publishes once, however often it has to be tried. */
  async publish(channel: string, data: unknown): Promise<{ offset: number; epoch: string }> {
    const request = { channel, data, idempotency_key: `key ${++this.#keys}` };
    return until(`${channel} to take it`, async () => {
      const { result } = (await callApi(this.nginx.url, 'publish', request)) as Published;
      return result;
    });
  }

  /** Publishes each of them, in order. */
  async publishAll(channel: string, data: readonly unknown[]): Promise<void> {
    for (const item of data) await this.publish(channel, item);
  }

  /** Kills the one edge that has sessions, and answers with what brings it back. */
  async killUsedEdge(): Promise<() => Promise<void>> {
    const counts = await Promise.all(this.edges.map(sessionsOn));
    const index = counts.findIndex((count) => count > 0);
    const edge = this.edges[index];
    if (edge === undefined) throw new Error('nobody is connected');
    await edge.stop('SIGKILL');
    const environment = { ...this.#environment, NEWSWIRE_EDGE_PORT: String(edge.port) };
    return async () => {
      this.edges[index] = await NewswireProcess.start('edge', environment);
    };
  }

  /** Resolves when no edge follows the channel any more. */
  async isLeft(channel: string): Promise<void> {
    await until(`${channel} to be left`, async () => {
      const answer = await this.redis.cli('PUBSUB', 'NUMSUB', `nw0:{${channel}}`);
      return answer.endsWith('\n0');
    });
  }

  async isReady(): Promise<void> {
    await until('everything to be ready', async () => {
      const services = [this.center, ...this.edges];
      const states = await Promise.all(services.map((service) => service.status('/readyz')));
      return states.every((state) => state === 200);
    });
  }
}
