import { defineConfig } from 'vitest/config'

const conditions = ['@sms-codes/source', 'node', 'default']

// `npm run check:languages` is not a part of `npm test`, because it installs compilers and other languages.
export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: ['@sms-codes/source', 'node'] } },
  test: {
    include: ['packages/examples/test/back-ends/*.check.ts'],
    setupFiles: ['vitest.worker-setup.ts'],
    globalSetup: ['vitest.global-setup.ts', '.ci/build-element.ts'],
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
})
