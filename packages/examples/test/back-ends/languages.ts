import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aptInstall } from '@sms-codes/launcher/apt'
import { cleanUpAtExit } from '@sms-codes/launcher/cleanup-at-exit'
import { findProgram } from '@sms-codes/launcher/find-program'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, waitForHttp } from '@sms-codes/launcher/processes'

const EXAMPLES = join(import.meta.dirname, '../../back-ends')
const SERVERS = import.meta.dirname

const JARS = [
  'jackson-annotations',
  'jackson-core',
  'jackson-databind',
  'commons-logging',
  'h2',
  // The names of Debian's packages of Spring 4.3.
  'spring3-beans',
  'spring3-context',
  'spring3-core',
  'spring3-jdbc',
  'spring3-transaction',
  'spring3-web',
].map((name) => `/usr/share/java/${name}.jar`)

const JAVA = ['libjackson2-databind-java', 'libspring-web-java', 'libspring-jdbc-java', 'libh2-java']

type Command = readonly [string, ...string[]]
type Language = {
  /** Debian packages. */
  packages: readonly string[]
  /** Prints the versions, and fails if a program or library is missing. */
  versions: Command
  /** Puts a server with the example into an empty directory. */
  build: (dir: string) => void
  /** Runs the server in that directory, on the port that follows. */
  serve: (dir: string, port: string) => Command
}

const run = ([program, ...args]: Command, cwd = '/') =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

// The Python of Debian, because another one on the PATH does not see Debian's modules.
const PYTHON = '/usr/bin/python3'
const PYTHON_VERSIONS =
  'import platform, django, jwt, cryptography as c; print(f"Python {platform.python_version()}, ' +
  'Django {django.__version__}, PyJWT {jwt.__version__}, cryptography {c.__version__}")'
const PHP_VERSIONS =
  'echo "PHP ", PHP_VERSION, ", libsodium ", SODIUM_LIBRARY_VERSION; new PDO("sqlite::memory:");'

export const LANGUAGES: Readonly<Record<string, Language>> = {
  Django: {
    packages: ['python3', 'python3-django', 'python3-jwt', 'python3-cryptography'],
    versions: [PYTHON, '-c', PYTHON_VERSIONS],
    build(dir) {
      cpSync(join(EXAMPLES, 'django'), join(dir, 'shop'), { recursive: true })
      writeFileSync(join(dir, 'shop/__init__.py'), '')
      copyFileSync(join(SERVERS, 'site.py'), join(dir, 'serve.py'))
    },
    serve: (_dir, port) => [PYTHON, 'serve.py', port],
  },
  Spring: {
    // The JDK that is installed may be newer or older than Debian's.
    packages: findProgram(['javac']) === null ? ['default-jdk-headless', ...JAVA] : JAVA,
    versions: [
      'bash',
      '-c',
      `javac --version && dpkg-query -W -f ', \${Package} \${Version}' ${JAVA.join(' ')}`,
    ],
    build(dir) {
      const sources = [
        ...['Receipts', 'SignUpController'].map((name) => join(EXAMPLES, 'spring', `${name}.java`)),
        join(SERVERS, 'Server.java'),
      ]
      run(['javac', '--release', '17', '-Xlint:-options', '-cp', JARS.join(':'), '-d', dir, ...sources])
    },
    serve: (dir, port) => ['java', '-cp', [...JARS, dir].join(':'), 'Server', port],
  },
  Go: {
    packages: ['golang-go'],
    versions: ['go', 'version'],
    build(dir) {
      cpSync(join(EXAMPLES, 'go'), join(dir, 'signup'), { recursive: true })
      copyFileSync(join(SERVERS, 'server.go'), join(dir, 'server.go'))
      writeFileSync(join(dir, 'go.mod'), 'module shop\n\ngo 1.19\n')
      run(['go', 'build', '-o', 'server', '.'], dir)
    },
    serve: (dir, port) => [join(dir, 'server'), port],
  },
  PHP: {
    packages: ['php-cli', 'php-sqlite3'],
    versions: ['php', '-r', PHP_VERSIONS],
    build: () => {},
    serve: (_dir, port) => ['php', '-S', `127.0.0.1:${port}`, join(SERVERS, 'router.php')],
  },
}

/** Returns the versions, or null if the language cannot be installed here. */
export async function installed({ packages, versions }: Language): Promise<string | null> {
  const read = () => {
    try {
      return run(versions).trim()
    } catch {
      return null
    }
  }
  const found = read()
  if (found !== null || process.getuid?.() !== 0) return found
  await aptInstall([...packages], console.log).catch((err: unknown) => console.log(String(err)))
  return read()
}

/** Starts a server with the example of a language. */
export async function startBackEnd(name: string, { build, serve }: Language, env: Record<string, string>) {
  const dir = mkdtempSync(join(tmpdir(), 'sms-codes-back-end-'))
  const remove = () => rmSync(dir, { recursive: true, force: true })
  const cancelCleanup = cleanUpAtExit(remove)
  build(dir)
  const port = String(await freePort())
  const [command, ...args] = serve(dir, port)
  // Without this variable, PHP answers one request at a time.
  const own = { ...env, EXAMPLE: join(EXAMPLES, name.toLowerCase()), PHP_CLI_SERVER_WORKERS: '8' }
  const server = await startProcess({
    name,
    command,
    args,
    cwd: dir,
    env: { ...process.env, ...own },
    // PHP's workers end with the group of their server.
    detached: true,
    onLine: () => {},
  })
  const url = `http://127.0.0.1:${port}`
  const dead = server.exited.then(() => {
    throw new Error(`${name} exited:\n${server.lastLines().join('\n')}`)
  })
  await Promise.race([waitForHttp(url, 60_000), dead])
  dead.catch(() => {})
  return {
    async post(path: '/check' | '/sign-up', form: Record<string, string>) {
      const answer = await fetch(url + path, { method: 'POST', body: new URLSearchParams(form) })
      return { status: answer.status, text: await answer.text() }
    },
    async stop() {
      await server.stop()
      cancelCleanup()
      remove()
    },
  }
}
