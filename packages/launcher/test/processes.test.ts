import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { portFault } from '../src/ports.ts'
import { startProcess, waitForHttp, type ProcessOptions } from '../src/processes.ts'

const RUN_UNTIL_KILLED = 'setInterval(() => {}, 1000)'

async function startNode(code: string, options: Partial<ProcessOptions> = {}) {
  const lines: string[] = []
  let onReady: (pid: number) => void
  const ready = new Promise<number>((resolve) => {
    onReady = resolve
  })
  const child = await startProcess({
    name: 'child',
    args: ['-e', code],
    onLine: (line, stream) => {
      lines.push(`${stream}: ${line}`)
      if (line.startsWith('ready')) onReady(Number(line.slice('ready '.length)))
    },
    ...options,
  })
  return { child, lines, ready }
}

function expectGone(pid: number): void {
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
}

// A zombie still has a pid, but has ended.
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('the lines, exit code and last lines of a child are complete when it has exited', async () => {
  const { child, lines } = await startNode('console.log("a\\nb"); console.error("c"); process.exitCode = 3')
  expect(await child.exited).toEqual({ code: 3, signal: null })
  expect(lines.toSorted()).toEqual(['stderr: c', 'stdout: a', 'stdout: b'])
  expect(child.lastLines().toSorted()).toEqual(['a', 'b', 'c'])
})

test('stop lets a child handle SIGTERM', async () => {
  const { child, ready } = await startNode(
    `process.on("SIGTERM", () => process.exit(7)); console.log("ready"); ${RUN_UNTIL_KILLED}`,
  )
  await ready
  expect(await child.stop()).toEqual({ code: 7, signal: null })
  expectGone(child.pid)
  expect(await child.stop()).toEqual({ code: 7, signal: null })
})

test('stop kills a child that has not exited by the deadline', async () => {
  const { child, ready } = await startNode(
    `process.on("SIGTERM", () => {}); console.log("ready"); ${RUN_UNTIL_KILLED}`,
  )
  await ready
  expect(await child.stop(100)).toEqual({ code: null, signal: 'SIGKILL' })
  expectGone(child.pid)
})

test('kill ends even a suspended child', async () => {
  const { child, ready } = await startNode(`console.log("ready"); ${RUN_UNTIL_KILLED}`)
  await ready
  process.kill(child.pid, 'SIGSTOP')
  expect(await child.kill()).toEqual({ code: null, signal: 'SIGKILL' })
  expectGone(child.pid)
})

test('stop ends the children of a detached child too', async () => {
  const grandchild = `process.send(process.pid); ${RUN_UNTIL_KILLED}`
  const { child, ready } = await startNode(
    `const { spawn } = require("node:child_process")
     spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: ["ignore", "ignore", "ignore", "ipc"] })
       .on("message", (pid) => console.log("ready " + pid))
       .on("exit", () => console.log("grandchild ended"))
     process.on("SIGTERM", () => {})`,
    { detached: true },
  )
  const grandchildPid = await ready
  const { code } = await child.stop()
  expect(code).toBe(0)
  expect(child.lastLines()).toContain('grandchild ended')
  expectGone(grandchildPid)
})

test.each([
  ['a child', 'processes.ts', `startProcess({ name: 'inner', args: ['-e', '${RUN_UNTIL_KILLED}'] })`],
  ['a Redis', 'redis.ts', 'startRedis()'],
])('%s is killed when its parent is killed', async (_what, file, start) => {
  const module = JSON.stringify(new URL(`../src/${file}`, import.meta.url).href)
  const parent = `
    import { ${start.split('(')[0]} } from ${module}
    const child = await ${start}
    console.log('ready ' + child.pid)
    ${RUN_UNTIL_KILLED}`
  const { child, ready } = await startNode('', {
    args: ['--import', 'tsx', '--input-type=module', '-e', parent],
  })
  const inner = await ready
  expect(isRunning(inner)).toBe(true)
  await child.kill()
  // It may stay a zombie until its new parent collects it.
  await expect.poll(() => isRunning(inner)).toBe(false)
})

test('startProcess rejects when the program does not exist', async () => {
  await expect(startProcess({ name: 'missing', command: 'no-such-program' })).rejects.toThrow('ENOENT')
})

test('waitForHttp waits for a 200, and reports the last answer when there was none', async () => {
  let status = 503
  const server = createServer((_request, response) => response.writeHead(status).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const url = `http://127.0.0.1:${port}/`

  await expect(waitForHttp(url, 1)).rejects.toThrow('503')
  const waiting = waitForHttp(url, 20_000)
  server.once('request', () => {
    status = 200
  })
  await waiting
  expect(await portFault(port)).toBe('EADDRINUSE')
  server.close()
  await once(server, 'close')
  await expect(waitForHttp(url, 1)).rejects.toThrow('ECONNREFUSED')
})
