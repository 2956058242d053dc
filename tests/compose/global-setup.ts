import { compose, sh } from './compose.js';

/** One stack for all of these tests; whatever state they leave it in, it goes away with its data. */
export async function setup(): Promise<void> {
  // As on a clean clone: there is no image yet, and no command has --build.
  await sh('docker', 'image', 'rm', '--force', 'newswire:local', 'newswire:nginx');
  await compose('up', '-d', '--wait', '--remove-orphans');
}

export async function teardown(): Promise<void> {
  await compose('--profile', 'loadtest', 'down', '--volumes', '--timeout', '2');
}
