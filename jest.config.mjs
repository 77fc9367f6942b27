/** The fast suite: everything below test/ but what commands of their own run (test/full, test/cloud, test/browser, test/shell). */
/** @type {import('jest').Config} */
export default {
  rootDir: '.',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/full/',
    '<rootDir>/test/cloud/',
    '<rootDir>/test/browser/',
    '<rootDir>/test/shell/',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '\\.(sh|ps1|c|h)$': '<rootDir>/test/as-text.mjs',
    '^.+\\.(ts|mjs)$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: ['/node_modules/'],
  randomize: true,
  // One worker fewer than there are processors, the default, is a single one on two.
  maxWorkers: '100%',
  // A busy machine is no failure; what must be quick is measured in bench/.
  testTimeout: 60_000,
  setupFilesAfterEnv: ['<rootDir>/test/guard.ts'],
};
