import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';
import { decodeText } from './text-file.js';
import { getErrorCode } from './error-info.js';

export interface LinkSecretSettings {
  readonly linkSecret: string | undefined;
  readonly linkSecretFile: string | undefined;
}

/**
 * Reads the shared secret with which center and the edges authenticate each other. Without
 * NEWSWIRE_LINK_SECRET it is in the file, which is created if it is missing: all processes that
 * name the same file get the same secret, in whichever order they start. Throws ConfigError if
 * there is none.
 */
export function readLinkSecret({ linkSecret, linkSecretFile }: LinkSecretSettings): string {
  if (linkSecret !== undefined) return linkSecret;
  if (linkSecretFile === undefined) {
    throw new ConfigError([
      'NEWSWIRE_BROKER=delegate needs NEWSWIRE_LINK_SECRET or NEWSWIRE_LINK_SECRET_FILE.',
    ]);
  }
  const secret = readOrCreate(linkSecretFile);
  if (secret.length < 16) {
    throw new ConfigError([
      'NEWSWIRE_LINK_SECRET_FILE must be a file with a secret of at least 16 characters in it.',
    ]);
  }
  return secret;
}

function readOrCreate(file: string): string {
  return decodeText(readOrCreateBytes(file), 'NEWSWIRE_LINK_SECRET_FILE').trim();
}

function readOrCreateBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if (getErrorCode(error) !== 'ENOENT') throw unusable('read', error);
  }
  try {
    create(file);
    return readFileSync(file);
  } catch (error) {
    throw unusable('created', error);
  }
}

/** The file is complete when it gets its name: `link` fails if another process was faster. */
function create(file: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (getErrorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}

function unusable(what: string, error: unknown): ConfigError {
  return new ConfigError([`NEWSWIRE_LINK_SECRET_FILE cannot be ${what} (${getErrorCode(error)}).`]);
}
