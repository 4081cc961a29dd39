import path from 'node:path';
import type { Config } from 'jest';

/** Where a wrong branch costs somebody's data: `npm test` measures these and fails below what is promised of them. */
const MEASURED = ['chunking', 'vault-format', 'vault'];
const PROMISED = { lines: 95, branches: 95 };

const config: Config = {
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testTimeout: 60_000,
  maxWorkers: 2,
  setupFilesAfterEnv: ['<rootDir>/tools/check/retry-stories.mjs'],
  reporters: ['default', '<rootDir>/tools/check/count-reporter.mjs'],
  // A part of the tests says nothing about the whole; `npm test -- libs/vault --coverage` measures it all the same.
  collectCoverage: process.argv.length === 2,
  // Counters in the code itself and in these libraries only: they see an `else` that is not written, which V8's
  // own blocks do not, and slow nothing else down.
  coverageProvider: 'babel',
  collectCoverageFrom: [
    `libs/{${MEASURED.join(',')}}/src/**/*.ts`,
    '!**/*.{spec,fixture}.ts',
    '!**/testing/**',
  ],
  coverageThreshold: {
    global: {},
    ...Object.fromEntries(MEASURED.map((lib) => [`./libs/${lib}/`, PROMISED])),
  },
  // Jest's types know istanbul's own reports only.
  coverageReporters: [path.join(import.meta.dirname, 'tools/check/coverage-table.mjs') as 'text'],
};

export default config;
