import { defineConfig } from 'vitest/config';
import root from '../../vitest.config.js';

// Long runs under load, for real servers: needs `npm run build` first. They would starve other tests.
export default defineConfig({
  ...('resolve' in root ? { resolve: root.resolve } : {}),
  test: {
    name: 'chaos',
    include: ['tests/chaos/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
