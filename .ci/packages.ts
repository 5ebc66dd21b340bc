// Checks the packages that are installed from a tarball, and prints what a browser loads of them.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildSync } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')
const PACKED = ['client', 'element', 'receipts']
const TOOLS = [
  ['publint@0.3.25', '--strict'],
  ['@arethetypeswrong/cli@0.18.5', '--pack', '--profile', 'esm-only'],
]

const sizeOf = (script: Uint8Array) => ({
  minified: script.length,
  gzipped: gzipSync(script, { level: 9 }).length,
})

/** The bytes that a page loads of the client, as a bundler makes them. */
export function sizeOfClient() {
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: ['packages/client/src/client.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    write: false,
  })
  return sizeOf(outputFiles[0]?.contents ?? new Uint8Array())
}

function checkPackages(): void {
  const element = readFileSync(join(ROOT, 'packages/element/dist/bundle.js'))
  console.table({ client: sizeOfClient(), element: sizeOf(element) })
  for (const name of PACKED) {
    const cwd = join(ROOT, 'packages', name)
    for (const tool of TOOLS) {
      const { status } = spawnSync('npx', ['-y', ...tool], { cwd, stdio: 'inherit' })
      if (status !== 0) process.exitCode = 1
    }
  }
}

if (process.argv.includes('--check')) checkPackages()
