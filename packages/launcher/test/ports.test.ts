import { describe, expect, it } from 'vitest'
import { freePort } from '../src/ports.ts'

describe('the free ports of a process', () => {
  it('are all different, although no server listens on them yet', async () => {
    const ports = await Promise.all(Array.from({ length: 200 }, freePort))
    expect(new Set(ports).size).toBe(200)
  })

  it('come from the range of its test worker', async () => {
    const first = 20_000 + 500 * (Number(process.env['VITEST_POOL_ID']) % 24)
    const ports = await Promise.all(Array.from({ length: 200 }, freePort))
    expect(ports.filter((port) => port < first || port >= first + 500)).toEqual([])
  })
})
