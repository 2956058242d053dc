import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '@newswire/runtime';

/** Paths of PEM files. */
export interface RedisTlsFiles {
  /** The authorities that may have signed Redis' certificate, instead of the well-known ones. */
  readonly redisCaFile?: string | undefined;
  /** The client's own certificate and key, for a Redis that requires one. */
  readonly redisCertFile?: string | undefined;
  readonly redisKeyFile?: string | undefined;
}

export interface RedisTls {
  readonly tls: true;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * The options of a TLS connection to Redis; undefined for `redis://`. Reads the files. Throws ConfigError if they
 * cannot be used, or would not be.
 */
export function readRedisTls(redisUrl: string, files: RedisTlsFiles): RedisTls | undefined {
  const { redisCaFile, redisCertFile, redisKeyFile } = files;
  const isTls = redisUrl.startsWith('rediss:');
  if (!isTls && (redisCaFile ?? redisCertFile ?? redisKeyFile) !== undefined) {
    throw new ConfigError([
      'NEWSWIRE_REDIS_CA_FILE, NEWSWIRE_REDIS_CERT_FILE and NEWSWIRE_REDIS_KEY_FILE need a NEWSWIRE_REDIS_URL that begins with rediss://.',
    ]);
  }
  if ((redisCertFile === undefined) !== (redisKeyFile === undefined)) {
    throw new ConfigError([
      'NEWSWIRE_REDIS_CERT_FILE and NEWSWIRE_REDIS_KEY_FILE need each other.',
    ]);
  }
  if (!isTls) return undefined;
  return {
    tls: true,
    ...read('ca', 'NEWSWIRE_REDIS_CA_FILE', redisCaFile),
    ...readPair(redisCertFile, redisKeyFile),
  };
}

function readPair(certFile: string | undefined, keyFile: string | undefined) {
  const cert = read('cert', 'NEWSWIRE_REDIS_CERT_FILE', certFile);
  const pair = { ...cert, ...read('key', 'NEWSWIRE_REDIS_KEY_FILE', keyFile) };
  check(`${keyFile} (NEWSWIRE_REDIS_KEY_FILE) does not belong to ${certFile}`, () =>
    createSecureContext(pair),
  );
  return pair;
}

function read(option: 'ca' | 'cert' | 'key', setting: string, file: string | undefined) {
  if (file === undefined) return {};
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`${file} (${setting}) cannot be read: ${(error as Error).message}.`]);
  }
  // OpenSSL ignores text that is not PEM: a wrong file would silently trust nothing, or everybody.
  if (!pem.includes('-----BEGIN ')) {
    throw new ConfigError([`${file} (${setting}) is not a PEM file.`]);
  }
  if (option !== 'key') {
    check(
      `${file} (${setting}) has no certificate that can be read`,
      () => new X509Certificate(pem),
    );
  }
  return { [option]: pem };
}

/** The error of OpenSSL is left out: it could contain parts of a key. */
function check(sentence: string, tryIt: () => unknown): void {
  try {
    tryIt();
  } catch {
    throw new ConfigError([`${sentence}.`]);
  }
}
