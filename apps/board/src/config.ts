import { Type, type StaticDecode } from '@sinclair/typebox'
import { budgetOf } from '@sms-codes/core/codes/code-policies'
import { loadConfig, type Check, type Env } from '@sms-codes/core/config/load'
import { keyVariables, port, processVariables, shared } from '@sms-codes/core/config/shared-variables'
import { BASE_PATH_PATTERN } from './base-path.ts'
import type { Operator } from './login.ts'

// Basic auth ends a name at its first colon and refuses control characters.
const name = (fallback: string, description: string) =>
  Type.String({ pattern: '^[0-9A-Za-z._@-]{1,64}$', default: fallback, description })
const password = (description: string) =>
  Type.String({
    pattern: '^[^\\x00-\\x1f\\x7f]{16,}$',
    description: `secret: ${description}, 16 characters or more`,
  })

/** The environment of the board. */
export const BoardEnv = Type.Object({
  ...processVariables,
  BOARD_PORT: port(3001, 'port of the board; 0 for any free port'),
  BOARD_USER: name('operator', 'name of the operator with read access, such as operator'),
  BOARD_PASSWORD: password('password of BOARD_USER'),
  BOARD_WRITER: name(
    'writer',
    'name of the operator with write access, such as writer, which is to retry, promote, clean ended jobs and pause',
  ),
  BOARD_WRITER_PASSWORD: Type.Optional(
    password('password of BOARD_WRITER, without which the board changes nothing'),
  ),
  BOARD_BASE_PATH: Type.String({
    pattern: BASE_PATH_PATTERN,
    default: '',
    description: 'path of the board behind a proxy, such as /ops/board, whether or not the proxy removes it',
  }),
  TRUST_PROXY: shared.TRUST_PROXY,
  PHONE_KEY: Type.Optional(keyVariables.PHONE_KEY),
})

type BoardValues = StaticDecode<typeof BoardEnv>

const checkOperators: Check<BoardValues> = (values) => {
  if (values.BOARD_WRITER_PASSWORD === undefined) return []
  return [
    values.BOARD_WRITER === values.BOARD_USER && 'BOARD_WRITER: must be another name than BOARD_USER',
    values.BOARD_WRITER_PASSWORD === values.BOARD_PASSWORD &&
      'BOARD_WRITER_PASSWORD: must be another password than BOARD_PASSWORD',
  ]
}

/** @throws ConfigError */
export function loadBoardConfig(env: Env) {
  const values = loadConfig(BoardEnv, env, { variables: [checkOperators] })
  return {
    host: values.HOST,
    port: values.BOARD_PORT,
    logLevel: values.LOG_LEVEL,
    redisUrl: values.REDIS_URL,
    policy: values.policy,
    shards: values.policy.queues.shards,
    operators: operatorsOf(values),
    basePath: values.BOARD_BASE_PATH,
    trustProxy: values.TRUST_PROXY,
    messages: {
      budget: budgetOf(values.policy),
      countries: Object.keys(values.policy.countries),
      historyHours: values.policy.history_hours,
      phoneKey: values.PHONE_KEY,
    },
  }
}

function operatorsOf(values: BoardValues): Operator[] {
  const reader = { user: values.BOARD_USER, password: values.BOARD_PASSWORD, mayWrite: false }
  if (values.BOARD_WRITER_PASSWORD === undefined) return [reader]
  return [reader, { user: values.BOARD_WRITER, password: values.BOARD_WRITER_PASSWORD, mayWrite: true }]
}
