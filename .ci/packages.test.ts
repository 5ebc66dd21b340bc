import { expect, it } from 'vitest'
import { sizeOfClient } from './packages.ts'

it('the client has at most 3,000 bytes, minified and gzipped', () => {
  expect(sizeOfClient().gzipped).toBeLessThanOrEqual(3_000)
})
