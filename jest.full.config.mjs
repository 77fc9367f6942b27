/** The slow suite: real compiles of the heavy example. `npm run test:full`. */
import fast from './jest.config.mjs';

/** @type {import('jest').Config} */
export default {
  ...fast,
  testMatch: ['<rootDir>/test/full/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60 * 60_000,
};
