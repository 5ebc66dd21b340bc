import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toRecord } from './json.ts'
import { ROOT } from './system.ts'

// The packages are installed as their users install them: each from its tarball, into an empty project, without a
// registry. They are built already.

const PAGES = {
  client: `
    import { createSmsCodes, type Reason, type SmsCodes } from '@sms-codes/client'
    const codes: SmsCodes = createSmsCodes({ baseUrl: 'https://codes.example.com', language: () => 'en' })
    const sent = await codes.send({ mobile: '13800138000', imageCode: 'AB3D' })
    export const wait: number | undefined = sent.ok ? sent.resendAfter : sent.retryAfter
    export const reason: Reason | undefined = sent.ok ? undefined : sent.reason
    // @ts-expect-error a refusal has no request id
    export const { requestId } = sent`,
  element: `
    import '@sms-codes/element'
    const element = document.querySelector('sms-code')
    element?.addEventListener('sms-code:verified', (event) => event.detail.receipt.toUpperCase())
    export const last: string | undefined = element?.client?.last()?.requestId
    // @ts-expect-error there is no such method
    element?.client?.nonsense()`,
  receipts: `
    import { createReceiptCheck, ReceiptError, type Claims } from '@sms-codes/receipts'
    import { expressReceipt } from '@sms-codes/receipts/middleware'
    const check = createReceiptCheck({ baseUrl: 'https://codes.example.com', scene: 'login' })
    export const claims: Claims | string = await check('').catch((err) => (err instanceof ReceiptError ? err.reason : ''))
    export const middleware = expressReceipt(check)
    // @ts-expect-error a check is for one scene
    createReceiptCheck({ baseUrl: 'https://codes.example.com' })`,
}

/** What each of the packages needs. */
const NEEDED = { client: [], element: [], receipts: ['jose'] }

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sms-codes-pack-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const exec = promisify(execFile)
// The call is asynchronous, because Vitest ends a run whose worker is silent for a minute.
async function run(command: string, args: string[], cwd: string): Promise<string> {
  try {
    return (await exec(command, args, { cwd })).stdout
  } catch (err) {
    const { stdout, stderr } = toRecord(err)
    throw new Error(`${command} failed:\n${String(stdout)}${String(stderr)}`, { cause: err })
  }
}

describe.each(['client', 'element', 'receipts'] as const)('the packed %s', (name) => {
  let project: string
  beforeAll(async () => {
    project = join(dir, name)
    mkdirSync(project)
    const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', dir]
    const folders = [`packages/${name}`, ...NEEDED[name].map((needed) => `node_modules/${needed}`)]
    const tarballs: string[] = []
    for (const folder of folders)
      tarballs.push(join(dir, (await run('npm', pack, join(ROOT, folder))).trim()))
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }))
    writeFileSync(join(project, 'page.ts'), PAGES[name])
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], project)
  })

  it('installs without a registry, and brings nothing else', async () => {
    const paths = (await run('npm', ['ls', '--all', '--parseable'], project)).trim().split('\n')
    const installed = paths.slice(1).map((path) => path.split('node_modules/').at(-1))
    expect(installed).toEqual([`@sms-codes/${name}`, ...NEEDED[name]])
  })

  it('has the licence, its README, and no file of the compiler', () => {
    const files = readdirSync(join(project, `node_modules/@sms-codes/${name}`), { recursive: true })
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md']))
    expect(files.filter((file) => file.toString().endsWith('.tsbuildinfo'))).toEqual([])
    const licence = join(project, `node_modules/@sms-codes/${name}/LICENSE`)
    expect(readFileSync(licence, 'utf8')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'))
  })

  it.each(['nodenext', 'bundler'])(
    'compiles in a page with the module resolution %s',
    async (moduleResolution) => {
      const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext'
      const options = { strict: true, noEmit: true, types: [], lib: ['es2023', 'dom'], target: 'es2023' }
      const compilerOptions = { ...options, module, moduleResolution }
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['page.ts'] }))
      expect(await run(join(ROOT, 'node_modules/.bin/tsc'), [], project)).toBe('')
    },
  )
})

it('the packed client runs in Node', async () => {
  const script = `
    import { createSmsCodes } from '@sms-codes/client'
    const codes = createSmsCodes({ baseUrl: 'http://127.0.0.1:9' })
    console.log(codes.normaliseMobile('+86 138-0013-8000'), (await codes.scene()).reason)`
  const printed = await run('node', ['--input-type=module', '-e', script], join(dir, 'client'))
  expect(printed).toBe('13800138000 unreachable\n')
})
