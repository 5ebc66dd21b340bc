import { describe, expect, it } from 'vitest'
import { freePort, portFault } from '../src/ports.ts'
import { startProcess } from '../src/processes.ts'

const [FIRST, COUNT] = [20_000, 250]
/** The number of the range of a test worker that has this port. */
const rangeOf = (port: number) => Math.floor((port - FIRST) / COUNT)

describe('the free ports of a process', () => {
  it('are all different, although no server listens on them yet', async () => {
    const ports = await Promise.all(Array.from({ length: 200 }, freePort))
    expect(new Set(ports).size).toBe(200)
  })

  it('come from one range, whose first port the test worker holds', async () => {
    const ports = await Promise.all(Array.from({ length: 200 }, freePort))
    const [range = 0, ...others] = new Set(ports.map(rangeOf))
    expect(others).toEqual([])
    const held = FIRST + COUNT * range
    expect(ports).not.toContain(held)
    expect(await portFault(held)).toBe('EADDRINUSE')
  })

  it('come from another range in another test run, although its worker has the same number', async () => {
    const own = rangeOf(await freePort())
    const ranges: number[] = []
    const module = JSON.stringify(new URL('../src/ports.ts', import.meta.url).href)
    const worker = `
      import { claimFreePorts, freePort } from ${module}
      await claimFreePorts(${own})
      console.log(await freePort())`
    const child = await startProcess({
      name: 'worker',
      args: ['--import', 'tsx', '--input-type=module', '-e', worker],
      onLine: (line) => ranges.push(rangeOf(Number(line))),
    })
    await child.exited
    expect(ranges).toHaveLength(1)
    expect(ranges).not.toContain(own)
  })
})
