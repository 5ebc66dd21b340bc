import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAppLog, terminalLine } from '../src/app-log.ts'

test('every line is in the file, and warnings, errors and plain text are shown in the terminal', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'launcher-log-'))
  const shown: string[] = []
  const onLine = createAppLog('api', join(dir, 'logs', 'api.log'), (line) => shown.push(line))
  const lines = [
    '{"level":"info","msg":"request completed"}',
    '{"level":30,"msg":"request completed"}',
    '{"level":"warn","time":"now","app":"api","gateway":"ccp","msg":"breaker open"}',
    '{"level":50,"msg":"failed","err":{"type":"Error","message":"no","stack":"Error: no\\n    at here"}}',
    'code 123456',
  ]
  for (const line of lines) onLine(line)

  expect(await readFile(join(dir, 'logs', 'api.log'), 'utf8')).toBe(`${lines.join('\n')}\n`)
  expect(shown).toEqual([
    '[api] WARN breaker open {"gateway":"ccp"}',
    '[api] ERROR failed\nError: no\n    at here',
    '[api] code 123456',
  ])
  await rm(dir, { recursive: true })
})

test.for(['', 'null', '7', '[]', '{}', '{"level'])(
  'a line that is not a log entry is shown unchanged: %s',
  (line) => {
    expect(terminalLine(line)).toBe(line)
  },
)
