import { readdir, readFile } from 'node:fs/promises'
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

/** Runs a command that prints its arguments, its REDIS_URL and the length of its PHONE_KEY. */
async function runOps(env: NodeJS.ProcessEnv = {}, args = ['phone', '-']) {
  const lines: string[] = []
  const child = await project.run('run-ops.ts', args, env, (line) => lines.push(line))
  return { ...(await child.exited), line: lines.at(-1) }
}

test('a command gets its arguments and the development values, and its exit code is returned', async () => {
  expect(await runOps()).toMatchObject({ code: 5, line: 'phone - undefined 44' })
})

test('a command uses the Redis of a running npm start, unless REDIS_URL is set', async () => {
  const redis = await startRedis({ dir: join(project.dir, '.data/redis') })
  expect((await runOps()).line).toBe(`phone - ${redis.url} 44`)
  expect((await runOps({ REDIS_URL: 'redis://elsewhere' })).line).toBe('phone - redis://elsewhere 44')
  expect((await runOps({ NODE_ENV: 'production' })).line).toBe('phone - undefined 0')
  // It must not fall back to the default address of Redis, where an unrelated server may run.
  process.kill(redis.pid, 'SIGSTOP')
  expect(await runOps()).toMatchObject({
    code: 1,
    line: expect.stringContaining('does not answer') as unknown,
  })
  process.kill(redis.pid, 'SIGCONT')
  await redis.kill()
  expect((await runOps()).line).toBe('phone - undefined 44')
})

test('a command reads the policy file of npm start, and writes none', async () => {
  await project.write(
    'apps/ops/src/main.ts',
    'console.log(process.env.POLICY_FILE, process.env.SMS_GATEWAYS)',
  )
  expect((await runOps()).line).toBe('undefined undefined')
  expect(await readdir(join(project.dir, '.data'))).toEqual(['dev.env'])

  const file = join(project.dir, '.data/policy.yaml')
  const text = 'gateways: { ccp: { base_url: http://127.0.0.1:4002 } }'
  await project.write('.data/policy.yaml', text)
  expect((await runOps()).line).toBe(`${file} ccp,aliyun,tencent`)
  expect((await runOps({ POLICY_FILE: 'mine.yaml' })).line).toBe('mine.yaml undefined')
  // The gateways of the generated file are no gateways of the file that is checked.
  expect((await runOps({}, ['check-policy', 'mine.yaml'])).line).toBe('mine.yaml undefined')
  expect(await readFile(file, 'utf8')).toBe(text)
})
