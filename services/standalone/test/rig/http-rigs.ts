import { missingPrograms, NewswireProcess, NginxServer, RedisServer } from '@newswire/testkit';

/** Where a server's clients, and its publishers, send their requests. */
export interface HttpRig {
  readonly edgePort: number;
  readonly centerPort: number;
  /** Its own, without Nginx: for what only an operator asks. */
  readonly edgeUrl: string;
  stop(): Promise<void>;
}

type Settings = Readonly<Record<`NEWSWIRE_${string}`, string>>;

const COMMON: Settings = { NEWSWIRE_DRAIN_MS: '0' };

async function startEmbedded(settings: Settings): Promise<HttpRig> {
  const { port, url, stop } = await startProcess('standalone', settings);
  return { edgePort: port, centerPort: port, edgeUrl: url, stop };
}

async function startPair(settings: Settings): Promise<HttpRig> {
  const redis = await RedisServer.start();
  const all = { ...settings, NEWSWIRE_REDIS_URL: redis.url };
  const [edge, center] = await Promise.all([
    startProcess('edge', all),
    startProcess('center', all),
  ]);
  const stop = async () => {
    await Promise.all([edge.stop(), center.stop()]);
    await redis.dispose();
  };
  return { edgePort: edge.port, centerPort: center.port, edgeUrl: edge.url, stop };
}

async function startBehindNginx(settings: Settings): Promise<HttpRig> {
  const { port, url, stop } = await startProcess('standalone', settings);
  const nginx = await NginxServer.start({ edges: [port], center: [port] });
  return {
    edgePort: nginx.port,
    centerPort: nginx.port,
    edgeUrl: url,
    stop: async () => {
      await nginx.stop();
      await stop();
    },
  };
}

async function startProcess(service: 'standalone' | 'edge' | 'center', settings: Settings) {
  const started = await NewswireProcess.start(service, { ...COMMON, ...settings });
  const stop = async () => void (await started.stop());
  return { port: started.port, url: started.url, stop };
}

/** Every way in which HTTP requests reach newswire. */
export const HTTP_RIGS = [
  { name: 'embedded', start: startEmbedded, needs: [] },
  { name: 'edge and center over Redis', start: startPair, needs: ['redis-server', 'redis-cli'] },
  { name: 'behind Nginx', start: startBehindNginx, needs: ['nginx'] },
].map((rig) => ({ ...rig, isMissing: missingPrograms(...rig.needs).length > 0 }));
