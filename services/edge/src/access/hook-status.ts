import type { ErrorKind } from '@newswire/protocol';

/** As labels of metrics have them. */
export type HookName = 'connect' | 'subscribe' | 'rpc';

/** HTTP statuses of a hook that say something of the one request, with the error for its client. */
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
 * What is not found depends on the hook. A connect hook has nothing to find: its URL is wrong, which
 * must not end the clients that come meanwhile.
 */
const NOT_FOUND: Readonly<Record<HookName, ErrorKind>> = {
  connect: 'internal',
  subscribe: 'unknownChannel',
  rpc: 'methodNotFound',
};

/**
 * The error that an HTTP status other than 200 stands for. The temporary error 100 for all that say
 * nothing of the client: redirects, 2xx, most 4xx, and 5xx.
 */
export function errorOfStatus(hook: HookName, status: number): ErrorKind {
  if (status === 404 || status === 410) return NOT_FOUND[hook];
  return STATUS_ERRORS[status] ?? 'internal';
}

/** Whether the status means that the backend is in trouble, whoever asks. */
export function isBackendFailure(status: number): boolean {
  return status >= 500;
}
