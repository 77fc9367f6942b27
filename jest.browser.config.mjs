/** The browser suite: pages of the real gate in headless Chromium, with an accessibility checker. `npm run test:browser`. */
import fast from './jest.config.mjs';

/** @type {import('jest').Config} */
export default {
  ...fast,
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
