import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { System } from '@newswire/load-harness';

const peers = fileURLToPath(new URL('../../../peers/', import.meta.url));

/** A server's configuration in a folder of its own, which may also hold what the server writes. */
export interface PeerFiles {
  readonly directory: string;
  readonly file: string;
  remove(): Promise<void>;
}

/** Fills the places of `path`, in load-tests/peers, such as `{PORT}`. A place without a value is an error. */
export async function fillIn(
  path: string,
  values: Readonly<Record<string, string | number>>,
): Promise<PeerFiles> {
  const text = await readFile(`${peers}${path}`, 'utf8');
  const filled = text.replaceAll(/\{([A-Z_]+)\}/g, (_, place: string) => {
    const value = values[place];
    if (value === undefined) throw new Error(`${path} has a place ${place} that nothing fills`);
    return String(value);
  });
  const directory = await mkdtemp(join(tmpdir(), 'newswire-peer-'));
  const file = join(directory, 'server.conf');
  await writeFile(file, filled);
  return { directory, file, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** Starts what needs the files; they go when it is stopped, or when it does not start. */
export async function withFiles<Started extends Pick<System, 'stop'>>(
  files: PeerFiles,
  start: () => Promise<Started>,
): Promise<Started> {
  try {
    const started = await start();
    const stop = async () => {
      await started.stop();
      await files.remove();
    };
    return { ...started, stop };
  } catch (error) {
    await files.remove();
    throw error;
  }
}
