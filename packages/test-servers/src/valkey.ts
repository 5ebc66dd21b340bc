import { findProgram } from '@sms-codes/launcher/find-program'

/** Finds Valkey and nothing else, for tests that run on both servers: `findRedis` accepts either. */
export const findValkey = (env?: NodeJS.ProcessEnv): string | null =>
  findProgram(['valkey-server', 'valkey-check-rdb'], env)
