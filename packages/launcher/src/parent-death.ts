// A child that the kernel kills when its parent is gone, which no exit handler of the parent can promise
// against SIGKILL. Linux only; elsewhere the command runs as it is.
import { spawnSync } from 'node:child_process'
import { isAbsolute } from 'node:path'

const SETPRIV = ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--']
let supported: boolean | undefined

/** The argv that runs the command so; setpriv becomes the command, which keeps the pid. */
export function dyingWithParent(command: string, args: string[]): [string, string[]] {
  // A relative command stays as it is: when it is missing, spawn has to be the one to say so.
  if (!isAbsolute(command) || !isSupported()) return [command, args]
  const [setpriv = '', ...options] = SETPRIV
  return [setpriv, [...options, command, ...args]]
}

// Tried out once, because BusyBox has a setpriv without this option.
function isSupported(): boolean {
  const [setpriv = '', ...options] = SETPRIV
  supported ??= process.platform === 'linux' && spawnSync(setpriv, [...options, '/bin/true']).status === 0
  return supported
}
