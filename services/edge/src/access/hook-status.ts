import type { ErrorKind } from '@newswire/protocol';

/** The hooks' names, which are also labels of metrics. */
export type HookName = 'connect' | 'subscribe' | 'rpc';

/** HTTP statuses that concern this one request, and the error for its client. */
const STATUS_ERRORS: Readonly<Record<number, ErrorKind>> = {
  400: 'badRequest',
  401: 'unauthorized',
  402: 'permissionDenied',
  403: 'permissionDenied',
  419: 'unauthorized',
  422: 'badRequest',
  429: 'tooManyRequests',
};

/**
 * The error for 404 and 410. For a connect hook these mean that its URL is wrong. The error is then
 * temporary, so that clients who connect meanwhile come back.
 */
const NOT_FOUND: Readonly<Record<HookName, ErrorKind>> = {
  connect: 'internal',
  subscribe: 'unknownChannel',
  rpc: 'methodNotFound',
};

/**
 * Maps an HTTP status other than 200 to an error. A status that says nothing about the client maps
 * to the temporary error 100: redirects, 2xx, most 4xx, and 5xx.
 */
export function errorOfStatus(hook: HookName, status: number): ErrorKind {
  if (status === 404 || status === 410) return NOT_FOUND[hook];
  return STATUS_ERRORS[status] ?? 'internal';
}

/** Whether the status means that the backend fails for every client. */
export function isBackendFailure(status: number): boolean {
  return status >= 500;
}
