import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readScript } from '../src/redis/script.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SOURCES = ['packages/core/src', 'apps/api/src', 'apps/worker/src'].map((dir) => join(ROOT, dir))

/** Every script of the project. A `.lua` file without a `return` of its own is an include and is left out. */
export function listScripts(): { name: string; file: URL; text: string; sha: string }[] {
  const paths = SOURCES.flatMap((dir) =>
    readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => join(dir, name)),
  )
  return paths.flatMap((path) => {
    if (!path.endsWith('.lua') || !/^return /m.test(readFileSync(path, 'utf8'))) return []
    const file = pathToFileURL(path)
    const text = readScript(file)
    return [{ name: basename(path, '.lua'), file, text, sha: createHash('sha1').update(text).digest('hex') }]
  })
}

/** The file of the script with this name. */
export function scriptFile(name: string): URL {
  const found = listScripts().find((script) => script.name === name)
  if (found === undefined) throw new Error(`unknown script ${name}`)
  return found.file
}
