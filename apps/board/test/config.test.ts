import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ConfigError, type Env } from '@sms-codes/core/config/load'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { loadBoardConfig } from '../src/config.ts'

const BOARD_PASSWORD = 'sixteen-letters!'

function faultsOf(env: Env): readonly string[] {
  try {
    loadBoardConfig(env)
    return []
  } catch (err) {
    if (err instanceof ConfigError) return err.faults
    throw err
  }
}

describe('loadBoardConfig', () => {
  it('requires only the password', () => {
    const { policy: _, ...config } = loadBoardConfig({ BOARD_PASSWORD })
    expect(config).toEqual({
      host: '127.0.0.1',
      port: 3001,
      logLevel: 'info',
      redisUrl: 'redis://127.0.0.1:6379',
      shards: 1,
      operators: [{ user: 'operator', password: BOARD_PASSWORD, mayWrite: false }],
      basePath: '',
      trustProxy: [],
      messages: { budget: [], countries: ['CN'], historyHours: 24, phoneKey: undefined },
    })
  })

  it('takes budget, countries and history from the policy, and PHONE_KEY if it is set', () => {
    const settings = {
      budget: { messages: ['100/1h'], cents: ['500/1d'] },
      countries: { CN: { locale: 'zh-CN' }, HK: { locale: 'zh-HK' } },
      history_hours: 0,
    }
    const key = randomBytes(32)
    const env = { BOARD_PASSWORD, POLICY_FILE: policyFile(settings), PHONE_KEY: key.toString('base64') }
    expect(loadBoardConfig(env).messages).toEqual({
      budget: [
        { most: 100, seconds: 3_600 },
        { most: 100, seconds: 86_400 },
      ],
      countries: ['CN', 'HK'],
      historyHours: 0,
      phoneKey: key,
    })
  })

  it('takes the number of shards from the policy, and reports its faults', () => {
    const env = (settings: object) => ({ BOARD_PASSWORD, POLICY_FILE: policyFile(settings) })
    expect(loadBoardConfig(env({ queues: { shards: 3 } })).shards).toBe(3)
    expect(faultsOf(env({ queues: { shards: 17 } }))).toEqual([
      expect.stringMatching(/:3 queues\.shards: must be a whole number from 1 to 16/),
    ])
  })

  it('has an operator who writes only with BOARD_WRITER_PASSWORD', () => {
    const writers = (env: Env) =>
      loadBoardConfig({ BOARD_PASSWORD, ...env }).operators.filter(({ mayWrite }) => mayWrite)
    const BOARD_WRITER_PASSWORD = 'sixteen-others!!'
    expect(writers({})).toEqual([])
    expect(writers({ BOARD_WRITER: 'ann', BOARD_WRITER_PASSWORD: '' })).toEqual([])
    expect(writers({ BOARD_WRITER: 'ann', BOARD_WRITER_PASSWORD })).toEqual([
      { user: 'ann', password: BOARD_WRITER_PASSWORD, mayWrite: true },
    ])
  })

  it.each(['/board', '/ops/board', '/ops.example/~board/v1-2'])('accepts %s as a base path', (path) => {
    expect(loadBoardConfig({ BOARD_PASSWORD, BOARD_BASE_PATH: path }).basePath).toBe(path)
  })

  it.each([
    'board',
    '/board/',
    '//board',
    '/..',
    '/ops/../board',
    '/api',
    '/messages',
    '/queue/board',
    '/a b',
    '/<b>',
  ])('refuses %s as a base path', (path) => {
    expect(faultsOf({ BOARD_PASSWORD, BOARD_BASE_PATH: path })).toEqual([
      expect.stringMatching(/^BOARD_BASE_PATH: /),
    ])
  })

  it.each([
    ['BOARD_PASSWORD', {}],
    ['BOARD_PASSWORD', { BOARD_PASSWORD: 'fifteen-letters' }],
    ['BOARD_PASSWORD', { BOARD_PASSWORD: `${BOARD_PASSWORD}\n` }],
    ['BOARD_USER', { BOARD_PASSWORD, BOARD_USER: 'with:colon' }],
    ['BOARD_PORT', { BOARD_PASSWORD, BOARD_PORT: '70000' }],
    ['BOARD_WRITER', { BOARD_PASSWORD, BOARD_WRITER_PASSWORD: 'sixteen-others!!', BOARD_WRITER: 'operator' }],
    ['BOARD_WRITER_PASSWORD', { BOARD_PASSWORD, BOARD_WRITER_PASSWORD: BOARD_PASSWORD }],
    ['BOARD_WRITER_PASSWORD', { BOARD_PASSWORD, BOARD_WRITER_PASSWORD: 'short' }],
    ['TRUST_PROXY', { BOARD_PASSWORD, TRUST_PROXY: '0.0.0.0/0' }],
    ['PHONE_KEY', { BOARD_PASSWORD, PHONE_KEY: 'c2hvcnQ=' }],
    ['REDIS_URL', { BOARD_PASSWORD, REDIS_URL: 'http://127.0.0.1' }],
  ])('reports a fault of %s in %j without its value', (name, env: Env) => {
    const faults = faultsOf(env)
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${name}: `))])
    for (const value of Object.values(env)) expect(faults.join()).not.toContain(value)
  })
})
