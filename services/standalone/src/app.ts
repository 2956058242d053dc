import { openMemory } from '@newswire/broker';
import { CENTER_SETTINGS, createCenter, startWebhooks } from '@newswire/center';
import {
  ACCESS_SETTINGS,
  BoundedLog,
  createAccess,
  createEdge,
  createEdgeConfig,
  EDGE_SETTINGS,
  observeEdge,
  openWebhooks,
  WEBHOOK_REPORT_SETTINGS,
  SERVER_SETTINGS,
  buildServerOptions,
} from '@newswire/edge';
import {
  CHANNEL_SETTINGS,
  createLogger,
  createRegistry,
  loadChannelOptions,
  loadConfig,
  loadPusherApps,
  PROCESS_SETTINGS,
  PUSHER_SETTINGS,
  restrictChannels,
  WEBHOOK_SETTINGS,
  type Environment,
  type Service,
} from '@newswire/runtime';
import { operationsRoutes, Server } from '@newswire/transport';

const STANDALONE_SETTINGS = [
  ...ACCESS_SETTINGS,
  ...SERVER_SETTINGS,
  ...CHANNEL_SETTINGS,
  ...WEBHOOK_REPORT_SETTINGS,
  ...WEBHOOK_SETTINGS,
  ...PUSHER_SETTINGS,
  'port',
  'historyBytes',
] as const;

/** The embedded server: an edge, center and the memory broker on one port. */
export async function startStandalone(environment: Environment): Promise<Service> {
  const config = loadConfig(
    [...EDGE_SETTINGS, ...CENTER_SETTINGS, ...PROCESS_SETTINGS, ...STANDALONE_SETTINGS],
    environment,
  );
  const { getLimits, sections, ...channels } = loadChannelOptions(config);
  const apps = loadPusherApps(config);
  const getOptions = restrictChannels(channels.getOptions, apps);
  const logger = createLogger({ service: 'standalone', ...config });
  const registry = createRegistry();
  const server = await Server.create(
    (error) => logger.error(error, 'a request failed'),
    buildServerOptions(config, registry),
  );
  const edgeConfig = createEdgeConfig(config, { historyBytes: config.historyBytes });
  const log = new BoundedLog(logger, Date.now);
  const events = observeEdge(registry, logger, log);
  const { access, rpc, hooks } = createAccess(config, { getOptions, sections, logger, events });
  const {
    broker,
    control,
    presence,
    blockList,
    events: store,
    close,
  } = openMemory({
    webhookGraceMs: config.webhookGraceMs,
    webhookQueueSize: config.webhookQueueSize,
    historyBytes: config.historyBytes,
    getLimits,
    onListenerFault: (error) => logger.error(error, 'handling a message failed'),
  });
  const reports = openWebhooks(config, {
    writer: store,
    presence,
    getOptions,
    sections,
    apps,
    log,
    registry,
  });
  const edge = createEdge(edgeConfig, {
    server,
    broker,
    control,
    presence,
    blockList,
    access,
    rpc,
    hooks,
    webhooks: reports,
    getOptions,
    apps,
    events,
    logger,
    registry,
  });
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
    queue: store,
    apps,
    getOptions,
    sections,
    logger,
    registry,
  });
  server.route(operationsRoutes({ notReady: edge.notReady, metrics: () => registry.metrics() }));
  const host = config.host ?? config.bind;
  const port = await server.listen(host, config.port);
  logger.info(
    `newswire is running: ws://${host}:${port}/ws, and http://${host}:${port}/api/publish`,
  );
  logger.info(`try in two other terminals: make subscribe, and make publish MSG='Hello'`);
  return {
    stop: async () => {
      await edge.drain();
      await server.close();
      await webhooks.stop();
      await close();
      logger.info('newswire has stopped');
    },
  };
}
