// Programs of Debian packages, unpacked below DATA_DIR. apt-get downloads a package and the libraries that this
// machine lacks, and dpkg-deb unpacks them. Nothing is installed, so this needs no root.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { DATA_DIR } from './apps.ts'
import { cleanUpAtExit } from './cleanup-at-exit.ts'
import { findProgram } from './find-program.ts'
import { startProcess } from './processes.ts'
import { hasCode } from './startup-error.ts'

/** The facts that decide how a program is found. A test passes those of another machine. */
export type Machine = { env: NodeJS.ProcessEnv; dataDir: string }
export const thisMachine = (): Machine => ({ env: process.env, dataDir: DATA_DIR })

/** `programs` has the names of the wanted programs, and for each the name of its file in the package's usr/bin. */
type DebianPackage = { name: string; programs: Record<string, string> }

type Say = (line: string) => void

const packagesDir = ({ dataDir }: Machine) => resolve(dataDir, 'programs')

/** Returns the path of a program if its package is unpacked, or null. */
export function findUnpacked(packageName: string, program: string, machine: Machine): string | null {
  return findProgram([program], { PATH: join(packagesDir(machine), packageName, 'bin') })
}

export const canUnpack = ({ env }: Machine): boolean =>
  findProgram(['apt-get'], env) !== null && findProgram(['dpkg-deb'], env) !== null

/**
 * Downloads and unpacks a package. Several processes may do that at once: each works in its own directory, which gets
 * its final name when its programs run.
 * @throws Error with the last lines of the command that failed
 */
export async function unpackPackage(wanted: DebianPackage, machine: Machine, say: Say): Promise<void> {
  const dir = packagesDir(machine)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const draft = mkdtempSync(join(dir, `${wanted.name}-`))
  const removeDraft = () => rmSync(draft, { recursive: true, force: true })
  const cancelCleanup = cleanUpAtExit(removeDraft)
  try {
    const programs = Object.keys(wanted.programs).join(' and ')
    const where = relative(process.cwd(), dir)
    say(`    No ${programs} on the PATH: ${wanted.name} is downloaded with apt-get and unpacked in ${where}`)
    const root = join(draft, 'root')
    for (const archive of await download(wanted.name, draft, machine))
      await run('dpkg-deb', ['-x', archive, root], machine)
    await addWrappers(root, wanted.programs, machine)
    moveTo(join(dir, wanted.name), root)
  } finally {
    cancelCleanup()
    removeDraft()
  }
}

/** Returns the archives of the package and of the libraries that this machine lacks. */
async function download(name: string, dir: string, machine: Machine): Promise<string[]> {
  const lists = join(dir, 'lists')
  const cache = join(dir, 'cache')
  mkdirSync(lists)
  mkdirSync(cache)
  // Own directories, the user of this process, and no locks: apt otherwise needs root, or the user _apt.
  const own = [
    `Dir::Cache=${cache}`,
    'APT::Sandbox::User=root',
    'Debug::NoLocking=1',
    'Acquire::Languages=none',
  ]
  const ownLists = [...own, `Dir::State::Lists=${lists}`]
  // A package that is installed already is downloaded too: its program may be missing on the PATH.
  const get = ['--download-only', '--reinstall', '--no-install-recommends', 'install', name]
  try {
    await aptGet(own, get, machine)
  } catch {
    // The system has no package lists, or old ones that name files which are no longer on the mirror. An update can
    // fail for one source and still bring the lists of the others, so its messages matter only if this fails as well.
    const update = await aptGet(ownLists, ['update'], machine).catch(messageOf)
    await aptGet(ownLists, get, machine).catch((error: unknown) => {
      throw new Error([messageOf(error), update].join('\n'))
    })
  }
  const archives = join(cache, 'archives')
  return readdirSync(archives)
    .filter((file) => file.endsWith('.deb'))
    .map((file) => join(archives, file))
}

const aptGet = (settings: string[], args: string[], machine: Machine) =>
  run('apt-get', ['-qq', ...settings.flatMap((setting) => ['-o', setting]), ...args], machine)

/** Adds a script for each program, which runs it with the unpacked libraries, and checks that the program runs. */
async function addWrappers(root: string, programs: Record<string, string>, machine: Machine): Promise<void> {
  const libraries = new Set(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => /\.so(\.|$)/.test(entry.name))
      .map((entry) => `$root/${relative(root, entry.parentPath)}`),
  )
  mkdirSync(join(root, 'bin'))
  for (const [name, file] of Object.entries(programs)) {
    // Debian's Redis acts as the server only under the name redis-server.
    if (!existsSync(join(root, 'usr/bin', name))) symlinkSync(file, join(root, 'usr/bin', name))
    const wrapper = join(root, 'bin', name)
    const script = `#!/bin/sh
root=$(dirname "$(dirname "$(readlink -f "$0")")")
LD_LIBRARY_PATH="${[...libraries].join(':')}" exec "$root/usr/bin/${name}" "$@"
`
    writeFileSync(wrapper, script, { mode: 0o755 })
    await run(wrapper, ['--version'], machine)
  }
}

function moveTo(target: string, root: string): void {
  try {
    renameSync(root, target)
  } catch (error) {
    // Another process was faster, and its directory is complete too.
    if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error
  }
}

/** Returns the last lines of output. @throws Error with these lines when the program fails */
async function run(program: string, args: string[], { env }: Machine): Promise<string> {
  const child = await startProcess({
    name: program,
    command: findProgram([program], env) ?? program,
    args,
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    detached: true,
    onLine: () => {},
  })
  const { code } = await child.exited
  const lines = child.lastLines().join('\n')
  if (code !== 0) throw new Error(`${basename(program)} ${args.at(-1)} failed:\n${lines}`)
  return lines
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
