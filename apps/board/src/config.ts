import { Type, type StaticDecode } from '@sinclair/typebox'
import { loadConfig, type Check, type Env } from '@sms-codes/core/config/load'
import { shared } from '@sms-codes/core/config/shared-variables'
import { BASE_PATH_PATTERN } from './base-path.ts'
import type { Operator } from './credentials.ts'

// Basic auth ends a name at its first colon, and refuses control characters before it compares anything.
const NAME = '^[0-9A-Za-z._@-]{1,64}$'
const PASSWORD = '^[^\\x00-\\x1f\\x7f]*$'

/** The environment of the board. */
export const BoardEnv = Type.Object({
  NODE_ENV: shared.NODE_ENV,
  BOARD_PORT: shared.port(3001, 'port of the board; 0 for any free one'),
  HOST: shared.HOST,
  LOG_LEVEL: shared.LOG_LEVEL,
  REDIS_URL: shared.REDIS_URL,
  BOARD_USER: Type.String({
    pattern: NAME,
    default: 'operator',
    description: 'name of the operator who may look',
  }),
  BOARD_PASSWORD: Type.String({
    minLength: 16,
    pattern: PASSWORD,
    description: 'secret: password of BOARD_USER, 16 characters or more',
  }),
  BOARD_WRITER: Type.String({
    pattern: NAME,
    default: 'writer',
    description: 'name of the operator who may also retry, promote, clean and pause',
  }),
  BOARD_WRITER_PASSWORD: Type.Optional(
    Type.String({
      minLength: 16,
      pattern: PASSWORD,
      description: 'secret: password of BOARD_WRITER, 16 characters or more; without it nobody may',
    }),
  ),
  BOARD_BASE_PATH: Type.String({
    pattern: BASE_PATH_PATTERN,
    default: '',
    description: 'path of the board behind a proxy, such as /ops/board; cut off by the proxy or not',
  }),
  TRUST_PROXY: shared.TRUST_PROXY,
})

type BoardValues = StaticDecode<typeof BoardEnv>

const checkOperators: Check<BoardValues> = (values) => {
  const { BOARD_WRITER_PASSWORD: password } = values
  if (password === undefined) return []
  const faults: string[] = []
  if (values.BOARD_WRITER === values.BOARD_USER)
    faults.push('BOARD_WRITER: must be another name than BOARD_USER')
  if (password === values.BOARD_PASSWORD)
    faults.push('BOARD_WRITER_PASSWORD: must be another password than BOARD_PASSWORD')
  return faults
}

/** @throws ConfigError */
export function loadBoardConfig(env: Env) {
  const values = loadConfig(BoardEnv, env, [checkOperators])
  return {
    host: values.HOST,
    port: values.BOARD_PORT,
    logLevel: values.LOG_LEVEL,
    redisUrl: values.REDIS_URL,
    operators: operatorsOf(values),
    basePath: values.BOARD_BASE_PATH,
    trustProxy: values.TRUST_PROXY,
  }
}
export type BoardConfig = ReturnType<typeof loadBoardConfig>

function operatorsOf(values: BoardValues): Operator[] {
  const reader = { user: values.BOARD_USER, password: values.BOARD_PASSWORD, mayWrite: false }
  const password = values.BOARD_WRITER_PASSWORD
  return password === undefined ? [reader] : [reader, { user: values.BOARD_WRITER, password, mayWrite: true }]
}
