import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Tests run against the sources, so that a unit test never meets an old build.
const alias = [
  {
    find: '@newswire/runtime/environment',
    replacement: new URL('packages/runtime/src/environment.ts', import.meta.url).pathname,
  },
  {
    find: /^@newswire\/(protocol|broker|broker-redis|broker-delegate|runtime|transport|cli|testkit)$/,
    replacement: new URL('packages/$1/src/index.ts', import.meta.url).pathname,
  },
  {
    find: /^@newswire\/(edge|center|standalone)$/,
    replacement: new URL('services/$1/src/index.ts', import.meta.url).pathname,
  },
];

/** Files that take longest, the longest first. A slow file that starts last would run alone. */
const SLOW = [
  'tests/spec/protocol',
  'cli/test/connection-causes',
  'cli/test/command-line',
  'tests/clients/',
  'standalone/test/early-answers',
  'edge/test/two-stacks',
  'edge/test/delegate',
  'standalone/test/program-arguments',
  'edge/test/slow',
  'edge/test/edge.test',
];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = SLOW.findIndex((name) => moduleId.includes(name));
      return place === -1 ? SLOW.length : place;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- no array's
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  resolve: { alias },
  test: {
    // Tests wait more than they compute: with a worker for each core, cores are idle.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // Files share their imports, which take longer than most of the tests.
          isolate: false,
          include: [
            '{packages,services}/*/src/**/*.test.ts',
            'load-tests/{*/src,lib}/**/*.test.ts',
            'tests/repository/**/*.test.ts',
          ],
          testTimeout: 240_000, // properties on a busy machine
          // `npx vitest bench --project unit`: what comments say about cost.
          benchmark: { include: ['{packages,services}/*/src/**/*.bench.ts'] },
        },
      },
      {
        // Real servers and processes: needs `npm run build` first.
        extends: true,
        test: {
          name: 'integration',
          include: [
            '{packages,services}/*/test/**/*.test.ts',
            'tests/{clients,examples,kubernetes,spec}/**/*.test.ts',
          ],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Load generators, k6 scenarios, benchmarks and their peers: `make test-load`, which takes minutes.
        extends: true,
        test: {
          name: 'load',
          // Measurements disturb one another.
          fileParallelism: false,
          include: ['load-tests/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'load-tests/{*/src,lib}/**'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The Compose stack: needs a Docker engine and the images, see `make airgap`.
        extends: true,
        test: {
          name: 'compose',
          include: ['tests/compose/**/*.test.ts'],
          globalSetup: ['tests/compose/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
