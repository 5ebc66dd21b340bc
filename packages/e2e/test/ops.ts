import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT, type System } from './system.ts'

const run = promisify(execFile)
const SCRIPT = join(ROOT, 'apps/ops/dist/main.js')

/** Runs a command of the built `ops` in the environment of the system. Answers what it prints. @throws if it fails */
export async function ops({ env }: System, ...args: string[]): Promise<string> {
  return (await run(process.execPath, [SCRIPT, ...args], { env, timeout: 60_000 })).stdout
}
