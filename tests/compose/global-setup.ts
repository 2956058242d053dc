import { compose } from './compose.js';

/** One stack for all of these tests; whatever state they leave it in, it goes away with its data. */
export async function setup(): Promise<void> {
  await compose('up', '-d', '--build', '--wait', '--remove-orphans');
}

export async function teardown(): Promise<void> {
  await compose('--profile', 'loadtest', 'down', '--volumes', '--timeout', '2');
}
