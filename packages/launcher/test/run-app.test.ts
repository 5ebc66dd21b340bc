import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProject, type Project } from './temp-project.ts'

let project: Project
beforeEach(async () => {
  project = await createProject()
})
afterEach(() => project.remove())

async function run(...args: string[]) {
  const lines: string[] = []
  const child = await project.run('run-app.ts', args, {}, (line) => lines.push(line))
  return { ...(await child.exited), pid: child.pid, output: lines.join('\n') }
}

test.for([[], ['unknown'], ['../../etc']])('an app that does not exist is refused: %s', async (args) => {
  const { code, output } = await run(...args)
  expect(code).toBe(78)
  expect(output).toContain('the apps are api, worker, board, simulator')
  expect(output).not.toContain('    at ')
})

test('an app that is not built is refused with the command to build it', async () => {
  const { code, output } = await run('api')
  expect(code).toBe(78)
  expect(output).toContain('npm run build')
})

test('--help prints the usage', async () => {
  const { code, output } = await run('--help')
  expect(code).toBe(0)
  expect(output).toContain('<api|worker|board|simulator>')
})

test('the app runs in the started process, with the development environment', async () => {
  await project.write('.env', 'BOARD_USER=somebody\n')
  await project.write(
    'apps/worker/dist/main.js',
    'const { SMS_GATEWAYS, BOARD_USER, PHONE_KEY, REDIS_URL } = process.env\n' +
      'console.log(process.pid, SMS_GATEWAYS, BOARD_USER, PHONE_KEY.length, REDIS_URL)\nprocess.exitCode = 5',
  )
  const { code, pid, output } = await run('worker')
  expect(output).toBe(`${pid} ccp,aliyun,tencent somebody 44 undefined`)
  expect(code).toBe(5)
})
