import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Every package is read from its sources, so the unit tests need no build except that of the custom element.
const conditions = ['@sms-codes/source', 'node', 'default']
const ssr = { resolve: { conditions, externalConditions: ['@sms-codes/source', 'node'] } }

// Generous, so that a busy machine does not fail a test.
const pollFor = (ms: number) => ({ poll: { timeout: ms } })

const endToEnd = {
  setupFiles: ['vitest.worker-setup.ts'],
  globalSetup: ['vitest.global-setup.ts', '.ci/build-apps.ts'],
  testTimeout: 120_000,
  expect: pollFor(30_000),
  hookTimeout: 240_000,
}

// These files put the machine under full load, or measure what a process uses under load. Each runs alone, after
// all others, for which Vitest needs both `fileParallelism: false` and isolation.
const ALONE = ['ambiguous', 'concurrency', 'http-edge', 'rolling', 'rounds', 'shards'].map(
  (name) => `packages/e2e/test/${name}.test.ts`,
)

export default defineConfig({
  test: {
    // A file mostly waits, so two files share a core. With three, Redis is sometimes too late for the deadline of the API.
    // There are 40 ranges of ports (packages/launcher/src/ports.ts), and each worker needs one of its own.
    maxWorkers: Math.min(2 * availableParallelism(), 40),
    projects: [
      {
        ssr,
        test: {
          name: 'unit',
          // The files of a worker share its modules: to import them again for each file took a third of the CPU
          // time of the project. So a file leaves no client, server or changed global behind.
          isolate: false,
          include: [
            'apps/*/test/**/*.test.ts',
            'packages/*/test/**/*.test.ts',
            'packages/e2e/drills/*.test.ts',
            '.ci/*.test.ts',
          ],
          exclude: ['packages/e2e/test/**'],
          setupFiles: ['vitest.worker-setup.ts'],
          globalSetup: ['vitest.global-setup.ts', '.ci/build-element.ts'],
          testTimeout: 60_000,
          expect: pollFor(15_000),
          hookTimeout: 60_000,
        },
      },
      {
        ssr,
        test: { name: 'e2e', include: ['packages/e2e/test/**/*.test.ts'], exclude: ALONE, ...endToEnd },
      },
      { ssr, test: { name: 'e2e-alone', include: ALONE, fileParallelism: false, ...endToEnd } },
    ],
  },
})
