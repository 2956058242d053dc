import { createSecretKey } from 'node:crypto';
import { checkChannelOrWildcard, toOneLine, type JsonLine } from '@newswire/protocol';
import { CompactSign } from 'jose';
import { parse, UsageError, type RunCommand } from './command.js';

const DEFAULT_EXPIRES_IN_S = 3600;
const MAX_EXPIRES_IN_S = 10 * 365 * 86_400;

/**
 * `newswire token`: makes a connection token, or with `--channel` a subscription token, for tests.
 * It is signed with the secret that the edges have. Nothing else is written to standard output.
 */
export const tokenCommand: RunCommand = async (args, context) => {
  const { claims, info, expiresInS } = readClaims(args);
  const { secret, audience, issuer } = context.token;
  if (secret === undefined) {
    context.note('NEWSWIRE_TOKEN_HMAC_SECRET is not set: set it here and for the edges');
    return 2;
  }
  const nowS = Math.floor(Date.now() / 1000);
  const json = JSON.stringify({
    ...claims,
    ...(audience !== undefined && { aud: audience }),
    ...(issuer !== undefined && { iss: issuer }),
    iat: nowS,
    ...(expiresInS > 0 && { exp: nowS + expiresInS }),
  });
  // Kept as written: a long number would lose digits if it were parsed and written again.
  const text = info === undefined ? json : `${json.slice(0, -1)},"info":${info}}`;
  const token = await new CompactSign(Buffer.from(text))
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(createSecretKey(secret, 'utf8'));
  context.print(token);
  return 0;
};

interface AskedToken {
  readonly claims: { readonly sub: string; readonly channel?: string };
  readonly info: JsonLine | undefined;
  readonly expiresInS: number;
}

function readClaims(args: string[]): AskedToken {
  const { values } = parse({
    args,
    options: {
      user: { type: 'string', default: '' },
      channel: { type: 'string' },
      'expires-in': { type: 'string', default: String(DEFAULT_EXPIRES_IN_S) },
      info: { type: 'string' },
    },
  });
  const { user, channel, 'expires-in': expiresIn, info } = values;
  const expiresInS = /^\d{1,10}$/.test(expiresIn) ? Number(expiresIn) : Infinity;
  if (expiresInS > MAX_EXPIRES_IN_S) {
    throw new UsageError('--expires-in must be seconds, up to ten years, or 0 for never');
  }
  if (channel !== undefined) checkChannelOrWildcard(channel);
  const claims = { sub: user, ...(channel !== undefined && { channel }) };
  return { claims, info: info === undefined ? undefined : infoLine(info), expiresInS };
}

function infoLine(text: string): JsonLine {
  try {
    JSON.parse(text);
    return toOneLine(text);
  } catch {
    throw new UsageError('--info is not valid JSON');
  }
}
