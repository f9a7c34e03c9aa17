import { availableParallelism } from 'node:os';

// ES modules are kept as they are: swc only strips the types, so that the tests run what users import.
export default {
  testEnvironment: '<rootDir>/test/environment.mjs',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts', '.css'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    // What a page is made of, as one string.
    '/browser/(start\\.ts|style\\.css)$': '<rootDir>/scripts/build_ts/jest_inline.mjs',
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      },
    ],
  },
  // Many tests wait for compilers and child processes: one worker more than there are cores.
  maxWorkers: availableParallelism() + 1,
  // A guard against hangs alone: nothing is measured by it, and a busy machine may take long.
  testTimeout: 180_000,
};
