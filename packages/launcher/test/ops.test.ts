import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRedis } from '../src/redis.ts'
import { createProject, type Project } from './temp-project.ts'

let project: Project
beforeEach(async () => {
  project = await createProject()
  await project.write(
    'apps/ops/src/main.ts',
    'const { REDIS_URL, PHONE_KEY = "" } = process.env\n' +
      'console.log(process.argv.slice(2).join(" "), REDIS_URL, PHONE_KEY.length)\nprocess.exitCode = 5',
  )
})
afterEach(() => project.remove())

/** The last line says what a command gets. */
async function runOps(env: NodeJS.ProcessEnv = {}) {
  const lines: string[] = []
  const child = await project.run('ops.ts', ['lookup', '-'], env, (line) => lines.push(line))
  return { ...(await child.exited), line: lines.at(-1) }
}

test('a command gets its words and the values of development, and its exit code is kept', async () => {
  expect(await runOps()).toMatchObject({ code: 5, line: 'lookup - undefined 44' })
})

test('beside a running start it finds the Redis of that one, unless another is named', async () => {
  const redis = await startRedis({ dir: join(project.dir, '.data/redis') })
  expect((await runOps()).line).toBe(`lookup - ${redis.url} 44`)
  expect((await runOps({ REDIS_URL: 'redis://elsewhere' })).line).toBe('lookup - redis://elsewhere 44')
  expect((await runOps({ NODE_ENV: 'production' })).line).toBe('lookup - undefined 0')
  // Not the one at Redis' usual address, which may be anybody's.
  process.kill(redis.pid, 'SIGSTOP')
  expect(await runOps()).toMatchObject({
    code: 1,
    line: expect.stringContaining('does not answer') as unknown,
  })
  process.kill(redis.pid, 'SIGCONT')
  await redis.kill()
  expect((await runOps()).line).toBe('lookup - undefined 44')
})
