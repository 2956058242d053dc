import type { ApiMethod, ApiParts } from './api-method.js';
import { createBatch } from './batch.js';
import { createPublishing } from './publish.js';
import { createReading } from './reading.js';
import { createSessionMethods } from './sessions.js';
import type { MethodName } from './shapes/index.js';

/** The server API's methods by name. */
export function createApi(parts: ApiParts): Map<MethodName, ApiMethod> {
  const single: Record<Exclude<MethodName, 'batch'>, ApiMethod> = {
    ...createPublishing(parts),
    ...createSessionMethods(parts),
    ...createReading(parts),
  };
  const methods = new Map(Object.entries(single) as [MethodName, ApiMethod][]);
  return new Map(methods).set('batch', createBatch(methods, parts));
}
