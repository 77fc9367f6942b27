/** The shell suite: install.sh, run in every shell at hand, from real gates on loopback. `npm run test:shell`. */
import fast from './jest.config.mjs';

/** @type {import('jest').Config} */
export default {
  ...fast,
  testMatch: ['<rootDir>/test/shell/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
