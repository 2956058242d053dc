/**
 * Whether a page of this origin may talk to newswire. `origin` and `host` are the request's headers;
 * programs other than browsers send no origin, and are not asked for one.
 */
export type AllowedOrigin = (origin: string, host: string) => boolean;

/**
 * Allows pages of newswire's own host, and of the listed origins (`https://example.com`); `*` among
 * them allows all.
 */
export function allowedOrigins(listed: readonly string[]): AllowedOrigin {
  const allowed = new Set(listed.map((origin) => origin.toLowerCase()));
  return (origin, host) => {
    if (origin === '' || allowed.has('*') || allowed.has(origin.toLowerCase())) return true;
    return URL.canParse(origin) && new URL(origin).host === hostOf(origin, host);
  };
}

/** The Host header as a URL has it: in lower case, and without the port where it is the usual one. */
function hostOf(origin: string, host: string): string {
  const url = `${new URL(origin).protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : host;
}
