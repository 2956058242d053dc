import { setTimeout as delay } from 'node:timers/promises';
import { openRedis, openRedisInlet, REDIS_SETTINGS } from '@newswire/broker';
import {
  counter,
  createLogger,
  createRegistry,
  loadConfig,
  persist,
  PROCESS_SETTINGS,
  readEnvironment,
  reconnectDelayMs,
  runService,
  type Service,
} from '@newswire/runtime';
import { operationsRoutes, Server } from '@newswire/transport';
import { CENTER_SETTINGS, createCenter } from './app.js';
import { Inlet } from './inlet.js';

/** How long a stopping center publishes what the inlet has taken in. */
const INLET_LIMIT_MS = 3000;

await runService(async (): Promise<Service> => {
  const config = loadConfig(
    [...CENTER_SETTINGS, ...REDIS_SETTINGS, ...PROCESS_SETTINGS, 'centerPort'],
    readEnvironment(),
  );
  const logger = createLogger({ service: 'center', ...config });
  const registry = createRegistry();
  const server = await Server.create((error) => logger.error(error, 'a request failed'));
  const { link, broker, control } = openRedis({
    ...config,
    reconnectDelayMs,
    onListenerFault: (error) => logger.error(error, 'a message from Redis could not be handled'),
    onChange: (fault) => (fault ? logger.warn(fault) : logger.info('Redis is there')),
  });
  createCenter({ server, broker, control, config, logger, registry });

  const dropped = counter(
    registry,
    'newswire_center_inlet_dropped_total',
    'Items from news:* that could not be published.',
  );
  const inlet = new Inlet({ broker, logger, dropped, maxDataBytes: config.maxDataBytes });
  let isInletOpen = false;
  void persist(
    async () => {
      await openRedisInlet(link, (channel, text) => inlet.handle(channel, text));
      isInletOpen = true;
    },
    () => true,
    { onFailure: (error) => logger.debug(`the inlet is not open yet: ${String(error)}`) },
  );
  const notReady = () => {
    const fault = broker.fault();
    if (fault) return [fault];
    return isInletOpen ? [] : ['the news:* inlet is not open yet'];
  };
  server.route(operationsRoutes({ notReady, metrics: () => registry.metrics() }));
  const port = await server.listen(config.host ?? config.bind, config.centerPort);
  logger.info({ port }, 'center listens');
  return {
    stop: async () => {
      await server.close();
      await Promise.race([inlet.settled(), delay(INLET_LIMIT_MS)]);
      await link.close();
      logger.info('center has stopped');
    },
  };
});
