import { SERVER_CORE, type Program } from '@newswire/load-harness';
import { nchanModule, nginxProgram } from './debian-packages.js';
import { fillIn, type PeerFiles } from './peer-files.js';

const OPEN_FILES = 19_000; // below the usual hard limit of 20,000

/** Nginx with nchan, which keeps `history` items of a channel, and where its configuration lies. */
export async function nchanProgram(
  port: number,
  history: number,
): Promise<{ files: PeerFiles; program: Program }> {
  const values = { MODULE: nchanModule, OPEN_FILES, PORT: port, HISTORY: history };
  const files = await fillIn('nchan/nginx.conf', values);
  const program: Program = {
    name: 'nchan',
    core: SERVER_CORE,
    command: [nginxProgram(), '-e', 'stderr', '-p', `${files.directory}/`, '-c', files.file],
    ready: `http://127.0.0.1:${port}/readyz`,
  };
  return { files, program };
}
