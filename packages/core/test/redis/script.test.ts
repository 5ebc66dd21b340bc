import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createScript } from '../../src/redis/script.ts'
import { startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
let folder: string
beforeAll(async () => {
  store = await startStore()
  folder = await mkdtemp(join(tmpdir(), 'script-'))
})
afterAll(async () => {
  await store.stop()
  await rm(folder, { recursive: true })
})

describe('the constants of a script', () => {
  it('are local variables with the same lists, names, texts and numbers', async () => {
    const file = pathToFileURL(join(folder, 'constants.lua'))
    await writeFile(file, "return {'read', 'json', cjson.encode({limits, most, none})}")
    const limits = [{ parts: 12, windows: [5, 60], mode: 'a "quoted" text' }]
    const constants = { limits, most: Number.MAX_SAFE_INTEGER, none: ['last'] }
    const { text } = await createScript(store.redis, file, constants)([])
    expect(JSON.parse(text('json'))).toEqual([limits, expect.closeTo(Number.MAX_SAFE_INTEGER, -2), ['last']])
  })

  it('belong to the script: two scripts with one text and different constants answer differently', async () => {
    const file = pathToFileURL(join(folder, 'most.lua'))
    await writeFile(file, "return {'read', 'most', most}")
    const ask = async (most: number) => (await createScript(store.redis, file, { most })([])).number('most')
    expect([await ask(1), await ask(2), await ask(1)]).toEqual([1, 2, 1])
  })
})
