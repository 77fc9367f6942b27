/** The cloud suite: against an emulator of AWS that it starts by itself. `npm run test:cloud`. */
import fast from './jest.config.mjs';

/** @type {import('jest').Config} */
export default {
  ...fast,
  testMatch: ['<rootDir>/test/cloud/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  // The first run installs the emulator.
  testTimeout: 10 * 60_000,
};
