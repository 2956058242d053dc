import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBrokerContract } from '@newswire/broker/contract';
import {
  createCertificates,
  freePort,
  missingPrograms,
  until,
  type Certificates,
} from '@newswire/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import { RedisLink } from '../src/index.js';
import { redisFaults } from './redis-faults.js';
import { describeOnRedis } from './redis-rig.js';

const folder = mkdtempSync(join(tmpdir(), 'newswire-tls-'));
let port: number;
let certificates: Certificates;

describe.skipIf(missingPrograms('openssl').length > 0)('Redis over TLS (needs openssl)', () => {
  beforeAll(async () => {
    port = await freePort();
    certificates = createCertificates(folder);
  });

  const filesOf = ({ ca, client }: Certificates) => ({
    redisCaFile: ca,
    redisCertFile: client.cert,
    redisKeyFile: client.key,
  });

  describeOnRedis(
    (rig) => {
      describeBrokerContract(
        'redis over TLS',
        async () => {
          const [publisher, subscriber] = await Promise.all([rig.openBroker(), rig.openBroker()]);
          const dispose = () => subscriber.broker.close();
          return { publisher: publisher.broker, subscriber: subscriber.broker, dispose };
        },
        redisFaults(rig),
      );

      test.each<[string, (certificates: Certificates) => object, RegExp]>([
        [
          'a certificate of an unknown authority',
          (all) => ({ ...filesOf(all), redisCaFile: undefined }),
          /Redis is away \((SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\)/,
        ],
        [
          'no certificate for a server that requires one',
          ({ ca }) => ({ redisCaFile: ca }),
          /Redis is away/,
        ],
      ])('%s is a fault', async (_, filesOfFault, fault) => {
        const link = new RedisLink({
          redisUrl: `rediss://127.0.0.1:${port}`,
          reconnectDelayMs: () => 50,
          ...filesOfFault(certificates),
        });
        await until('the fault', () => fault.test(link.fault ?? ''));
        expect(link.identity).toBeUndefined();
        await link.close();
      });
    },
    () => {
      const { ca, server } = certificates;
      const files = ['--tls-cert-file', server.cert, '--tls-key-file', server.key];
      return Promise.resolve({
        server: ['--tls-port', String(port), ...files, '--tls-ca-cert-file', ca],
        link: { redisUrl: `rediss://127.0.0.1:${port}`, ...filesOf(certificates) },
      });
    },
  );

  describe('files that cannot be used end the start with one sentence', () => {
    const open = (redisUrl: string, files: object) => () =>
      new RedisLink({ redisUrl, reconnectDelayMs: () => 50, ...files });

    test('without TLS', () => {
      const start = open('redis://127.0.0.1', { redisCaFile: certificates.ca });
      expect(start).toThrow(/need a NEWSWIRE_REDIS_URL that begins with rediss:/);
    });

    test('a certificate without its key, or with another one', () => {
      const { client, server } = certificates;
      const url = 'rediss://127.0.0.1';
      expect(open(url, { redisCertFile: client.cert })).toThrow(/need each other/);
      const other = { redisCertFile: client.cert, redisKeyFile: server.key };
      expect(open(url, other)).toThrow(/server\.key .* does not belong to .*client\.crt/);
    });

    test('a file that is missing, or is not a certificate', () => {
      const text = join(folder, 'text');
      writeFileSync(text, 'secret text');
      const bad = join(folder, 'bad');
      writeFileSync(bad, '-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n');
      const url = 'rediss://127.0.0.1';
      expect(open(url, { redisCaFile: join(folder, 'none') })).toThrow(/cannot be read: ENOENT/);
      expect(open(url, { redisCaFile: text })).toThrow(/is not a PEM file/);
      expect(open(url, { redisCaFile: bad })).toThrow(/has no certificate that can be read/);
      for (const file of [text, bad]) {
        expect(open(url, { redisCaFile: file })).not.toThrow(/secret/);
      }
    });
  });
});
