// Makes the kernel kill a child when its parent is killed with SIGKILL, which skips every exit handler.
// Works on Linux with setpriv of util-linux; elsewhere the command runs unchanged.
import { spawnSync } from 'node:child_process'
import { isAbsolute } from 'node:path'

const SETPRIV = '/usr/bin/setpriv'
const OPTIONS = ['--pdeathsig', 'KILL', '--']
let supported: boolean | undefined

/** Returns the program and arguments to spawn. setpriv replaces itself by the command, so the pid is the command's. */
export function killedWithParent(command: string, args: string[]): [string, string[]] {
  // A command without a path stays as it is, so that spawn reports ENOENT if it does not exist.
  if (!isAbsolute(command) || !isSupported()) return [command, args]
  return [SETPRIV, [...OPTIONS, command, ...args]]
}

// A trial run, because the setpriv of BusyBox does not have this option.
function isSupported(): boolean {
  supported ??= process.platform === 'linux' && spawnSync(SETPRIV, [...OPTIONS, '/bin/true']).status === 0
  return supported
}
