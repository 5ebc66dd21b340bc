import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readScript } from '../src/redis/script.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SOURCES = ['packages/core/src', 'apps/api/src', 'apps/worker/src'].map((dir) => join(ROOT, dir))

/** Every script of the project, by the name of its file. A file that defines functions alone is an include. */
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

export function scriptFile(name: string): URL {
  const found = listScripts().find((script) => script.name === name)
  if (found === undefined) throw new Error(`there is no script ${name}`)
  return found.file
}
