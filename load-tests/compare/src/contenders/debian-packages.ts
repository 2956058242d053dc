import { existsSync, readdirSync } from 'node:fs';
import { peerPath } from '@newswire/load-harness';
import { missingPrograms, programPath } from '@newswire/testkit';

const root = peerPath('debian');

export const mosquittoProgram = `${root}/usr/sbin/mosquitto`;
export const nchanModule = `${root}/usr/lib/nginx/modules/ngx_nchan_module.so`;

/** The one that was unpacked with the module, or the system's, whose package the module is made for. */
export function nginxProgram(): string {
  const own = `${root}/usr/sbin/nginx`;
  return existsSync(own) ? own : (programPath('nginx') ?? 'nginx');
}

/** Says in a sentence what is not here of what peers/debian unpacks; empty when it is. */
export function missingUnpacked(name: string, path: string): string {
  return existsSync(path) ? '' : `${name} is not here (load-tests/peers/install unpacks it)`;
}

export function missingNginx(): string {
  return nginxProgram() === 'nginx' ? `${missingPrograms('nginx').join()} is not here` : '';
}

/** Where the unpacked programs find the libraries that came with them. */
export function unpackedLibraries(): Readonly<Record<string, string>> {
  const folders = [`${root}/usr/lib`, `${root}/lib`].filter((folder) => existsSync(folder));
  const ofMachines = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => `${folder}/${name}`),
  );
  return { LD_LIBRARY_PATH: ofMachines.join(':') };
}
