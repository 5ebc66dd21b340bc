// A mirror of Debian packages on the loopback, and a machine whose apt-get knows only this mirror. The package
// redis-tools contains a shell script that needs a library, which is in the package liblzf1.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { findProgram } from '../src/find-program.ts'

const LIBRARY = 'usr/lib/any-linux-gnu/liblzf.so.1'
const SERVER = `#!/bin/sh
# It is the server only under this name.
[ "\${0##*/}" = redis-server ] || exit 1
cat "$LD_LIBRARY_PATH/liblzf.so.1"
`

export async function startPackageMirror() {
  // apt-get and the scripts must work with a space in their paths.
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'launcher packages ')))
  const packages = new Map<string, Buffer>()
  /** Answers a request itself if it returns true. */
  let intercept: (path: string) => boolean = () => false

  const server = createServer((request, response) => {
    const path = basename(decodeURIComponent(request.url ?? ''))
    if (intercept(path)) return
    const file = packages.get(path)
    response.writeHead(file === undefined ? 404 : 200)
    response.end(file)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address !== 'string' ? address.port : 0

  /** A later package with the same name and a higher version replaces the first one. */
  async function addPackage(name: string, files: Record<string, string>, fields = '', version = 1) {
    const tree = join(dir, name)
    const about = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: Test <test@localhost>\nDescription: test\n${fields}`
    for (const [path, text] of Object.entries({ ...files, 'DEBIAN/control': about })) {
      await mkdir(join(tree, path, '..'), { recursive: true })
      await writeFile(join(tree, path), text)
      if (text.startsWith('#!')) await chmod(join(tree, path), 0o755)
    }
    await chmod(join(tree, 'DEBIAN'), 0o755)
    execFileSync('dpkg-deb', ['--build', tree, `${tree}.deb`], { stdio: 'ignore' })
    const archive = await readFile(`${tree}.deb`)
    packages.set(`${name}.deb`, archive)
    const sha256 = createHash('sha256').update(archive).digest('hex')
    const index = packages.get('Packages')?.toString() ?? ''
    const entry = `${about}Filename: ./${name}.deb\nSize: ${archive.length}\nSHA256: ${sha256}\n\n`
    packages.set('Packages', Buffer.from(index + entry))
  }
  await addPackage('redis-tools', { 'usr/bin/redis-check-rdb': SERVER }, 'Depends: liblzf1\n')
  await addPackage('liblzf1', { [LIBRARY]: 'Redis of the mirror\n' })

  const bin = join(dir, 'bin')
  await mkdir(bin)
  const needed = [
    'apt-get',
    'dpkg-deb',
    'dpkg',
    'tar',
    'rm',
    'sh',
    'cat',
    'dirname',
    'readlink',
    'xz',
    'zstd',
    'env',
  ]
  for (const name of needed) {
    const found = findProgram([name])
    if (found !== null) await symlink(found, join(bin, name))
  }
  await writeFile(join(dir, 'status'), '')
  await mkdir(join(dir, 'no lists'))
  await writeFile(join(dir, 'sources.list'), `deb [trusted=yes] http://127.0.0.1:${port} ./\n`)
  await writeFile(
    join(dir, 'apt.conf'),
    `Dir::State::status "${dir}/status";
Dir::State::Lists "${dir}/no lists";
Dir::Etc::sourcelist "${dir}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Acquire::http::Proxy "DIRECT";
Acquire::Retries "0";
`,
  )
  return {
    addPackage,
    /** The package lists of the machine's own apt-get. */
    systemLists: join(dir, 'no lists'),
    machine: {
      env: { PATH: bin, APT_CONFIG: join(dir, 'apt.conf') },
      dataDir: join(dir, 'data'),
    },
    /** The function gets the name of each requested file, and returns true if the request must not be answered. */
    interceptWith(next: typeof intercept): void {
      intercept = next
    },
    replace: (name: string, content: string) => packages.set(name, Buffer.from(content)),
    async close(): Promise<void> {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}
