/** Why newswire does not answer. */
export interface ConnectionFailure {
  /** A sentence about the URL, without a full stop. */
  readonly message: string;
  /** True if a retry may help. Otherwise the URL, or the machine at it, must be changed. */
  readonly temporary: boolean;
}

interface Cause {
  readonly pattern: RegExp;
  readonly temporary?: boolean;
  readonly describe: (url: URL, code: string) => string;
}

/** Matched against the error's code or name; the first match counts. */
const CAUSES: readonly Cause[] = [
  {
    pattern: /^ECONNREFUSED$/,
    temporary: true,
    describe: ({ host }) =>
      `no process listens at ${host}: start newswire with make start or make up`,
  },
  {
    pattern: /^ENOTFOUND$/,
    describe: ({ hostname }) => `the name ${hostname} cannot be resolved: check NEWSWIRE_URL`,
  },
  {
    pattern: /^EAI_/,
    temporary: true,
    describe: ({ hostname }, code) => `the name ${hostname} cannot be resolved now (${code})`,
  },
  {
    pattern: /TIMEDOUT|TIMEOUT|Timeout/,
    temporary: true,
    describe: ({ host }) => `${host} did not answer in time`,
  },
  {
    pattern: /^E(HOST|NET)(UNREACH|DOWN)$/,
    temporary: true,
    describe: ({ host }, code) => `${host} cannot be reached from this machine (${code})`,
  },
  {
    pattern: /^(EPROTO|ERR_SSL_|ERR_TLS_(?!CERT))/,
    describe: ({ host }) => `${host} does not speak TLS: try http:// instead of https://`,
  },
  {
    pattern: /CERT|UNABLE_TO_|^HOSTNAME_MISMATCH|^INVALID_CA|^CRL_/,
    describe: ({ host }, code) =>
      `the TLS certificate of ${host} is not trusted (${code}): NODE_EXTRA_CA_CERTS names other authorities`,
  },
  {
    pattern: /^HPE_/,
    describe: ({ host, protocol }) => `${host} does not speak HTTP${tlsHint(protocol)}`,
  },
  {
    pattern: /^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET)$/,
    temporary: true,
    describe: ({ host, protocol }) =>
      `${host} closed the connection without an answer${tlsHint(protocol)}`,
  },
];

function tlsHint(protocol: string): string {
  return protocol === 'http:' ? ': try https:// instead of http://' : '';
}

/** Describes the error of `fetch` or of a socket. */
export function describeFailure(url: string, error: unknown): ConnectionFailure {
  const code = findErrorCode(error);
  const address = new URL(url);
  const cause = CAUSES.find(({ pattern }) => pattern.test(code));
  if (cause === undefined) {
    return { message: `${address.host} cannot be reached (${code})`, temporary: true };
  }
  return { message: cause.describe(address, code), temporary: cause.temporary === true };
}

/** Statuses of a server, or of a proxy before it, that cannot answer now. */
const TEMPORARY_STATUSES = [408, 429, 500, 502, 503, 504];

/** Describes an HTTP answer that is not from newswire. */
export function describeForeignAnswer(
  url: string,
  status: number,
  contentType: string | null | undefined,
): ConnectionFailure {
  const { host } = new URL(url);
  const kind = [`HTTP ${status}`, ...(contentType ? [contentType.split(';')[0]] : [])].join(', ');
  const temporary = TEMPORARY_STATUSES.includes(status);
  if (temporary) return { message: `${host} cannot answer now (${kind})`, temporary };
  if (status === 401 || status === 403) {
    return { message: `${host} refuses access and may not be newswire (${kind})`, temporary };
  }
  return { message: `the server at ${host} is not newswire (${kind})`, temporary };
}

/**
 * The innermost code or, without one, name or message. `fetch` wraps the cause, and a host with
 * several addresses causes an AggregateError.
 */
function findErrorCode(error: unknown): string {
  const { cause, code, name, message, errors } = error as NodeJS.ErrnoException & {
    readonly errors?: readonly unknown[];
  };
  if (cause !== undefined) return findErrorCode(cause);
  if (typeof code === 'string') return code;
  if (errors?.[0] !== undefined) return findErrorCode(errors[0]);
  return name === 'Error' || name === 'TypeError' ? message : name;
}
