import { setTimeout as delay } from 'node:timers/promises';
import {
  CHANNEL_SETTINGS,
  counter,
  countedReconnectDelay,
  createLogger,
  createRegistry,
  loadChannelOptions,
  loadConfig,
  loadPusherApps,
  PROCESS_SETTINGS,
  PUSHER_SETTINGS,
  readEnvironment,
  runService,
  WEBHOOK_SETTINGS,
  type Program,
  type Service,
} from '@newswire/runtime';
import { operationsRoutes, Server } from '@newswire/transport';
import { CENTER_SETTINGS, createCenter } from './app.js';
import { Inlet, openInlet } from './inlet.js';
import { startWebhooks } from './webhooks/start-webhooks.js';
import { CENTER_BROKER_SETTINGS, openBroker } from './open-broker.js';
import { openStreamInlet } from './stream-inlet.js';

/** How long a stopping center keeps publishing the items that the inlet has received. */
const INLET_LIMIT_MS = 3000;

const PROGRAM: Program = {
  name: 'center',
  description:
    'newswire center: receives publications over its HTTP API and, with Redis, its inlet.',
};

await runService(PROGRAM, async (): Promise<Service> => {
  const config = loadConfig(
    [
      ...CENTER_SETTINGS,
      ...CENTER_BROKER_SETTINGS,
      ...CHANNEL_SETTINGS,
      ...WEBHOOK_SETTINGS,
      ...PROCESS_SETTINGS,
      ...PUSHER_SETTINGS,
      'centerPort',
    ],
    readEnvironment(),
  );
  const { getLimits, getOptions, sections } = loadChannelOptions(config);
  const apps = loadPusherApps(config);
  const logger = createLogger({ service: 'center', ...config });
  const registry = createRegistry();
  const server = await Server.create((error) => logger.error(error, 'a request failed'));
  const reconnectDelayMs = countedReconnectDelay(registry);
  const { broker, control, presence, blockList, events, link, close } = openBroker(
    { ...config, getLimits, reconnectDelayMs },
    logger,
  );
  createCenter({
    server,
    broker,
    control,
    presence,
    blockList,
    getOptions,
    apps,
    config,
    logger,
    registry,
  });

  const webhooks = startWebhooks(config, {
    queue: events,
    apps,
    getOptions,
    sections,
    logger,
    registry,
  });
  const dropped = counter(
    registry,
    'newswire_center_inlet_dropped_total',
    'Messages to news:* and entries of news-inlet that could not be published.',
  );
  const inlet = new Inlet({ broker, logger, dropped, maxDataBytes: config.maxDataBytes });
  const inletState = link && openInlet(link, inlet, logger);
  const { maxDataBytes } = config;
  const streamInlet =
    link &&
    openStreamInlet(link, {
      broker,
      getOptions,
      maxDataBytes,
      logger,
      dropped,
      retryDelayMs: reconnectDelayMs,
    });
  const notReady = () => {
    const fault = broker.fault ?? inletState?.fault;
    return fault === undefined ? [] : [fault];
  };
  server.route(operationsRoutes({ notReady, metrics: () => registry.metrics() }));
  const port = await server.listen(config.host ?? config.bind, config.centerPort);
  logger.info({ port }, 'center listens');
  return {
    stop: async () => {
      await server.close();
      await webhooks.stop();
      await Promise.race([
        Promise.all([inlet.settled(), streamInlet?.close()]),
        delay(INLET_LIMIT_MS),
      ]);
      await close();
      logger.info('center has stopped');
    },
  };
});
