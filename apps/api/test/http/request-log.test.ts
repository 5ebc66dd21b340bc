import Fastify, { type FastifyBaseLogger } from 'fastify'
import { describe, expect, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { createRequestLog } from '../../src/http/request-log.ts'

/** The lines that `write` logs at this level, without their times. */
function linesOf(level: string, write: (base: FastifyBaseLogger) => void): string[] {
  const lines: string[] = []
  const loggerInstance: FastifyBaseLogger = createLogger('api', level, {
    write: (line) => void lines.push(line),
  })
  write(Fastify({ loggerInstance }).log)
  return lines.map((line) => line.replace(/"time":"[^"]*"/, '"time":""'))
}

const ids = { reqId: 'a.1' }
const named = { rid: 'r', n: 1 }
const error = new TypeError('no connection to 13800138000')

describe('the log of a request', () => {
  it.each<[string, (log: FastifyBaseLogger) => void]>([
    ['fields and a text', (log) => log.info({ channel: 'sms' }, 'verified')],
    ['a text', (log) => log.info('receipt redeemed')],
    ['no fields', (log) => log.info({}, 'issued')],
    ['an error among the fields', (log) => log.warn({ err: error, route: '/x' }, 'store down')],
    ['an error', (log) => log.error(error)],
    ['an error and a text', (log) => log.fatal(error, 'bug')],
    ['each level', (log) => (log.trace('a'), log.debug('b'), log.info('c'), log.warn('d'), log.silent('e'))],
  ])('writes the lines of a child logger of pino: %s', (_what, write) => {
    for (const level of ['trace', 'info', 'error'])
      expect(linesOf(level, (base) => write(createRequestLog(base, ids).child(named)))).toEqual(
        linesOf(level, (base) => write(base.child(ids).child(named))),
      )
  })

  it('does not give its bindings to the log that it was made of', () => {
    const [line = ''] = linesOf('info', (base) => {
      const log = createRequestLog(base, ids)
      log.child(named)
      log.info('text')
    })
    expect(JSON.parse(line)).toEqual({ level: 'info', time: '', app: 'api', reqId: 'a.1', msg: 'text' })
  })
})
