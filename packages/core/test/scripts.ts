import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const DIR = join(import.meta.dirname, '../src/scripts')
/** Holds what the scripts share and none of its own. */
const SHARED = 'windows.ts'

/** Every script of ours, and what Redis calls it. */
export async function scripts(): Promise<{ name: string; sha: string }[]> {
  const files = readdirSync(DIR).filter((file) => file !== SHARED)
  const found = await Promise.all(files.map(async (file) => exportsOf(await import(join(DIR, file)))))
  return found.flat().map(([name, lua]) => ({
    name,
    sha: createHash('sha1').update(String(lua)).digest('hex'),
  }))
}

function exportsOf(module: unknown): [string, unknown][] {
  if (typeof module !== 'object' || module === null) throw new TypeError('no module')
  return Object.entries(module)
}
