import { createSecretKey } from 'node:crypto';
import { checkChannelOrWildcard, toOneLine, type JsonLine } from '@newswire/protocol';
import type { Command } from 'commander';
import { omitUndefined } from '@newswire/runtime/environment';
import { newCommand, UsageError, type Execute, type RunCommand } from './command.js';

const DEFAULT_EXPIRES_IN_S = '3600';
const MAX_EXPIRES_IN_S = 10 * 365 * 86_400;

/**
 * `newswire token`: makes a connection token, or with `--channel` a subscription token, for tests.
 * It is signed with the secret that the edges have. Nothing else is written to standard output.
 */
export function tokenCommand(execute: Execute): Command {
  const command = newCommand(
    'token',
    '[--user U] [--channel C] [--expires-in SECONDS] [--info JSON]',
    'Makes a connection token, or with --channel a subscription token for that channel.',
  )
    .option('--user <U>', 'the user (default: an anonymous one)')
    .option('--channel <C>', 'a channel or wildcard: makes a subscription token')
    .option('--expires-in <SECONDS>', 'how long it is valid; 0: forever', DEFAULT_EXPIRES_IN_S)
    .option('--info <JSON>', 'what others see about the client');
  return command.action(() => execute(command, createToken));
}

interface TokenOptions {
  readonly user?: string;
  readonly channel?: string;
  readonly expiresIn: string;
  readonly info?: string;
}

const createToken: RunCommand<TokenOptions> = async ([unexpected], options, context) => {
  if (unexpected !== undefined) throw new UsageError(`Unexpected argument '${unexpected}'`);
  const { claims, info, expiresInS } = readClaims(options);
  const { secret, audience, issuer } = context.token;
  if (secret === undefined) {
    context.note('NEWSWIRE_TOKEN_HMAC_SECRET is not set: set it here and for the edges');
    return 2;
  }
  const nowS = Math.floor(Date.now() / 1000);
  const json = JSON.stringify({
    ...claims,
    aud: audience,
    iss: issuer,
    iat: nowS,
    exp: expiresInS > 0 ? nowS + expiresInS : undefined,
  });
  // Kept as written: a long number would lose digits if it were parsed and written again.
  const text = info === undefined ? json : `${json.slice(0, -1)},"info":${info}}`;
  const { CompactSign } = await import('jose');
  const token = await new CompactSign(Buffer.from(text))
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(createSecretKey(secret, 'utf8'));
  context.print(token);
  return 0;
};

interface TokenPlan {
  readonly claims: { readonly sub: string; readonly channel?: string };
  readonly info: JsonLine | undefined;
  readonly expiresInS: number;
}

function readClaims({ user = '', channel, expiresIn, info }: TokenOptions): TokenPlan {
  const expiresInS = /^\d{1,10}$/.test(expiresIn) ? Number(expiresIn) : Infinity;
  if (expiresInS > MAX_EXPIRES_IN_S) {
    throw new UsageError('--expires-in must be seconds, up to ten years, or 0 for never');
  }
  if (channel !== undefined) checkChannelOrWildcard(channel);
  const claims = { sub: user, ...omitUndefined({ channel }) };
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
