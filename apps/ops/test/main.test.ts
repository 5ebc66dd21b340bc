import { afterAll, beforeAll, expect, test } from 'vitest'
import { aMobile, expectNoNumber, runOps, someEnv, startOps, type RunningOps } from './ops.ts'
import { startApp } from './processes.ts'

let ops: RunningOps
beforeAll(async () => {
  ops = await startOps()
})
afterAll(() => ops.stop())

async function runProcess(args: string[], env = ops.env) {
  const lines: string[] = []
  const child = await startApp('ops', args, env, (line) => lines.push(line))
  return { child, lines, ended: child.exited }
}

test('--version shows the version with the commit, and needs no configuration', async () => {
  const said = await runOps({}, ['--version'], { env: { BUILD_COMMIT: '3f2a9c1' } })
  expect(said.code).toBe(0)
  expect(said.stdout).toMatch(/^\d+\.\d+\.\d+\+3f2a9c1\n$/)
})

test.for<[string[], Record<string, string>, number]>([
  [['lists'], {}, 0],
  [['unlist', '170'], {}, 1],
  [['lists', '--nonsense'], {}, 2],
  [['phone', aMobile()], { PHONE_KEY: '' }, 78],
])('the process of %j with %j ends with %d', async ([args, more, code]) => {
  const { ended, lines } = await runProcess(args, { ...ops.env, ...more })
  expect(await ended).toEqual({ code, signal: null })
  expect(lines.join('\n')).not.toContain('    at ')
  expectNoNumber(lines.join('\n'), args)
})

test('a command that reads the number from standard input stops at the end of the input', async () => {
  const { ended, lines } = await runProcess(['phone', '-'], someEnv(ops.server.url))
  expect(await ended).toEqual({ code: 2, signal: null })
  expect(lines.join('\n')).toMatch(/not a mobile number/)
})

test('SIGTERM ends a watch with exit code 0', async () => {
  const { child, lines, ended } = await runProcess(['status', '--watch'])
  await expect.poll(() => lines.join('\n'), { timeout: 45_000 }).toMatch(/^events/m)
  await child.stop()
  expect(await ended).toEqual({ code: 0, signal: null })
})
