import { relative } from 'node:path'
import { urlOf } from './addresses.ts'
import { shownPath } from './apps.ts'

/** The text that `npm start` prints when everything is ready: all addresses, and the login of the board. */
export function startupSummary(env: NodeJS.ProcessEnv, redisUrl: string, boardPassword: string): string {
  const policy = env['POLICY_FILE'] ? `${relative(process.cwd(), env['POLICY_FILE'])} and ` : ''
  return `
sms-codes is running.

  Demo page  ${urlOf(env, 'SIMULATOR_PORT')}/   a sign-up form, and a phone and a mailbox that show what was sent
  API        ${urlOf(env, 'API_PORT')}    documented at ${urlOf(env, 'API_PORT')}/docs
  Board      ${urlOf(env, 'BOARD_PORT')}/   the queue and its messages; user ${env['BOARD_USER'] ?? 'operator'}, password ${boardPassword}
  Metrics    ${urlOf(env, 'API_OPS_PORT')}/metrics (api), ${urlOf(env, 'WORKER_OPS_PORT')}/metrics (worker)
  Redis      REDIS_URL=${withoutSecrets(redisUrl)}   for commands in another terminal
  Settings   ${policy}${shownPath('dev.env')}, explained in docs/configuration.md
  Logs       ${shownPath('logs')}/

Ctrl-C stops everything.
`
}

// The part before the last @ may hold a login, and the query may hold a password.
function withoutSecrets(url: string): string {
  return url.replace(/\/\/.*@/, '//***@').replace(/\?.*$/, '')
}
