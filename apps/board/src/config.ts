import { Type } from '@sinclair/typebox'
import { checkRedisUrl, loadConfig, shared, type Env } from '@sms-codes/core/config'

/** The environment of the board. */
export const BoardEnv = Type.Object({
  BOARD_PORT: shared.port(3001, 'port of the board; 0 for any free one'),
  HOST: shared.HOST,
  LOG_LEVEL: shared.LOG_LEVEL,
  REDIS_URL: shared.REDIS_URL,
  // Basic auth ends the name at its first colon.
  BOARD_USER: Type.String({
    pattern: '^[0-9A-Za-z._@-]{1,64}$',
    default: 'operator',
    description: 'name an operator logs in with',
  }),
  // Basic auth refuses control characters before it compares anything.
  BOARD_PASSWORD: Type.String({
    minLength: 16,
    pattern: '^[^\\x00-\\x1f\\x7f]*$',
    description: 'secret: password of the board, 16 characters or more',
  }),
  BOARD_WRITABLE: Type.Boolean({
    default: false,
    description: 'true to let operators retry, promote, clean, pause and throttle',
  }),
})

/** @throws ConfigError */
export function loadBoardConfig(env: Env) {
  const values = loadConfig(BoardEnv, env, [checkRedisUrl])
  return {
    host: values.HOST,
    port: values.BOARD_PORT,
    logLevel: values.LOG_LEVEL,
    redisUrl: values.REDIS_URL,
    credentials: { user: values.BOARD_USER, password: values.BOARD_PASSWORD },
    writable: values.BOARD_WRITABLE,
  }
}
export type BoardConfig = ReturnType<typeof loadBoardConfig>
