import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findValkey } from '../src/valkey.ts'

let PATH: string
beforeEach(async () => {
  PATH = await mkdtemp(join(tmpdir(), 'valkey-'))
})
afterEach(() => rm(PATH, { recursive: true, force: true }))

async function addProgram(name: string): Promise<string> {
  const file = join(PATH, name)
  await writeFile(file, '#!/bin/sh\n', { mode: 0o755 })
  return file
}

test('Valkey is found under its own names only', async () => {
  await addProgram('redis-server')
  expect(findValkey({ env: { PATH }, dataDir: PATH })).toBeNull()
  const tool = await addProgram('valkey-check-rdb')
  expect(findValkey({ env: { PATH }, dataDir: PATH })).toBe(tool)
  const server = await addProgram('valkey-server')
  expect(findValkey({ env: { PATH }, dataDir: PATH })).toBe(server)
})
