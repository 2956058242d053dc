export { callApi, publish, sessionsOn, subscribed } from './api-client.js';
export { TestProcess, type Exit } from './child-process.js';
export { freePort } from './free-port.js';
export {
  NewswireProcess,
  ROOT,
  spawnService,
  type ServiceEnvironment,
} from './newswire-process.js';
export { NginxServer } from './nginx.js';
export { missingPrograms } from './programs.js';
export { httpRequest, RawSocket, upgradeRequest } from './raw-socket.js';
export { RedisServer } from './redis-server.js';
export { SeedClient } from './seed-client.js';
export { until } from './until.js';
export { untilAnswers } from './until-answers.js';
