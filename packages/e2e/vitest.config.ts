import { defineConfig } from 'vitest/config'

// Every package is read from its sources, so nothing has to be built before a test.
const conditions = ['@sms-codes/source', 'node', 'default']
const ssr = { resolve: { conditions, externalConditions: ['@sms-codes/source', 'node'] } }

// How busy the machine is decides nothing: what is waited for has time, and a fault shows by what it says.
const PATIENT = { poll: { timeout: 15_000 } }

export default defineConfig({
  test: {
    projects: [
      {
        ssr,
        test: {
          name: 'unit',
          include: ['apps/*/test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
          exclude: ['packages/e2e/**'],
          setupFiles: ['packages/e2e/worker.ts'],
          globalSetup: ['packages/e2e/setup.ts'],
          testTimeout: 20_000,
          expect: PATIENT,
          hookTimeout: 20_000,
        },
      },
      {
        ssr,
        test: {
          name: 'e2e',
          include: ['packages/e2e/test/**/*.test.ts'],
          setupFiles: ['packages/e2e/worker.ts'],
          globalSetup: ['packages/e2e/setup.ts', 'packages/e2e/build.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          expect: PATIENT,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
