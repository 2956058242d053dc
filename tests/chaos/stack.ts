import {
  NewswireProcess,
  NginxServer,
  RedisServer,
  until,
  type ServiceEnvironment,
} from '@newswire/testkit';

const EDGE_COUNT = 3;
const START_TIMEOUT_MS = 30_000;

/** A service that can be ended and started again on its port. */
export class Restartable {
  readonly #service: 'edge' | 'center';
  readonly #environment: ServiceEnvironment;
  #process: NewswireProcess;

  private constructor(
    service: 'edge' | 'center',
    environment: ServiceEnvironment,
    process: NewswireProcess,
  ) {
    this.#service = service;
    const port = String(process.port);
    const portName = service === 'edge' ? 'NEWSWIRE_EDGE_PORT' : 'NEWSWIRE_CENTER_PORT';
    this.#environment = { ...environment, [portName]: port };
    this.#process = process;
  }

  static async start(
    service: 'edge' | 'center',
    environment: ServiceEnvironment,
  ): Promise<Restartable> {
    const process = await NewswireProcess.start(service, environment);
    return new Restartable(service, environment, process);
  }

  get port(): number {
    return this.#process.port;
  }

  get url(): string {
    return this.#process.url;
  }

  get pid(): number {
    return this.#process.process.pid;
  }

  /** What it has logged since it was started last. */
  get output(): string {
    const { stdout, stderr } = this.#process.process;
    return stdout + stderr;
  }

  stop(signal: NodeJS.Signals): Promise<unknown> {
    return this.#process.stop(signal);
  }

  /** Starts it again; it may take until Redis is available to be ready. */
  async start(): Promise<void> {
    const options = { untilReady: false };
    this.#process = await NewswireProcess.start(this.#service, this.#environment, options);
  }

  async isReady(): Promise<boolean> {
    return (await this.#process.status('/readyz')) === 200;
  }

  /** The value of one of its metrics; with labels, as in `name{code="3008"}`. */
  async metric(name: string): Promise<number> {
    const text = await fetch(`${this.url}/metrics`).then((response) => response.text());
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length) ?? 0);
  }
}

/** Redis with an append-only file, center, three edges, and Nginx before them. */
export class Stack {
  readonly redis: RedisServer;
  readonly center: Restartable;
  readonly edges: readonly Restartable[];
  readonly nginx: NginxServer;

  private constructor(
    redis: RedisServer,
    center: Restartable,
    edges: readonly Restartable[],
    nginx: NginxServer,
  ) {
    this.redis = redis;
    this.center = center;
    this.edges = edges;
    this.nginx = nginx;
  }

  static async start(environment: ServiceEnvironment = {}): Promise<Stack> {
    const redis = await RedisServer.start();
    const all = { NEWSWIRE_REDIS_URL: redis.url, NEWSWIRE_DRAIN_MS: '2000', ...environment };
    const center = await Restartable.start('center', all);
    const starting = Array.from({ length: EDGE_COUNT }, () => Restartable.start('edge', all));
    const edges = await Promise.all(starting);
    const nginx = await NginxServer.start({
      edges: edges.map(({ port }) => port),
      center: [center.port],
    });
    return new Stack(redis, center, edges, nginx);
  }

  /** WebSocket addresses of the edges themselves. */
  get edgeUrls(): string[] {
    return this.edges.map(({ port }) => `ws://127.0.0.1:${port}/ws`);
  }

  async untilReady(): Promise<void> {
    const services = [this.center, ...this.edges];
    const ready = async () => {
      const states = await Promise.all(services.map((service) => service.isReady()));
      return states.every(Boolean);
    };
    await until('all services to be ready', ready, START_TIMEOUT_MS);
  }

  async stop(): Promise<void> {
    await this.nginx.stop();
    await Promise.all([this.center, ...this.edges].map((service) => service.stop('SIGKILL')));
    await this.redis.dispose();
  }
}
