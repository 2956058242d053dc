import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  readonly server: KeyPair;
  readonly client: KeyPair;
}

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Creates an authority in the folder, with certificates for a server at 127.0.0.1 and for a client. Needs openssl. */
export function createCertificates(folder: string): Certificates {
  const at = (file: string) => join(folder, file);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const newKey = ['-newkey', 'rsa:2048', '-nodes'];
  const ca = { cert: at('ca.crt'), key: at('ca.key') };
  openssl('req', '-x509', ...newKey, '-subj', '/CN=ca', '-keyout', ca.key, '-out', ca.cert);
  const names = at('names');
  writeFileSync(names, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const sign = (name: string): KeyPair => {
    const pair = { cert: at(`${name}.crt`), key: at(`${name}.key`) };
    const request = at(`${name}.csr`);
    openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', pair.key, '-out', request);
    const authority = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-extfile', names];
    openssl('x509', '-req', '-in', request, ...authority, '-out', pair.cert);
    return pair;
  };
  return { ca: ca.cert, server: sign('server'), client: sign('client') };
}
