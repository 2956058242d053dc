import { setTimeout as delay } from 'node:timers/promises';
import { openRedisInlet } from '@newswire/broker';
import {
  CHANNEL_SETTINGS,
  counter,
  countedReconnectDelay,
  createLogger,
  createRegistry,
  loadChannelOptions,
  loadConfig,
  persist,
  PROCESS_SETTINGS,
  readEnvironment,
  runService,
  type Service,
} from '@newswire/runtime';
import { operationsRoutes, Server } from '@newswire/transport';
import { CENTER_SETTINGS, createCenter } from './app.js';
import { Inlet } from './inlet.js';
import { BROKER_SETTINGS, openBroker } from './open-broker.js';

/** How long a stopping center publishes what the inlet has taken in. */
const INLET_LIMIT_MS = 3000;

await runService(async (): Promise<Service> => {
  const config = loadConfig(
    [
      ...CENTER_SETTINGS,
      ...BROKER_SETTINGS,
      ...CHANNEL_SETTINGS,
      ...PROCESS_SETTINGS,
      'centerPort',
    ],
    readEnvironment(),
  );
  const { limitsOf, optionsOf } = loadChannelOptions(config);
  const logger = createLogger({ service: 'center', ...config });
  const registry = createRegistry();
  const server = await Server.create((error) => logger.error(error, 'a request failed'));
  const { broker, control, presence, link, close } = openBroker(
    { ...config, limitsOf, reconnectDelayMs: countedReconnectDelay(registry) },
    logger,
  );
  createCenter({ server, broker, control, presence, optionsOf, config, logger, registry });

  const dropped = counter(
    registry,
    'newswire_center_inlet_dropped_total',
    'Items from news:* that could not be published.',
  );
  const inlet = new Inlet({ broker, logger, dropped, maxDataBytes: config.maxDataBytes });
  let isInletOpen = link === undefined;
  if (link !== undefined) {
    void persist(
      async () => {
        await openRedisInlet(link, (channel, text) => inlet.handle(channel, text));
        isInletOpen = true;
      },
      () => true,
      { onFailure: (error) => logger.debug(`the inlet is not open yet: ${String(error)}`) },
    );
  }
  const notReady = () => {
    if (broker.fault) return [broker.fault];
    return isInletOpen ? [] : ['the news:* inlet is not open yet'];
  };
  server.route(operationsRoutes({ notReady, metrics: () => registry.metrics() }));
  const port = await server.listen(config.host ?? config.bind, config.centerPort);
  logger.info({ port }, 'center listens');
  return {
    stop: async () => {
      await server.close();
      await Promise.race([inlet.settled(), delay(INLET_LIMIT_MS)]);
      await close();
      logger.info('center has stopped');
    },
  };
});
