import { describe, expect, it } from 'vitest'
import { ConfigError, type Env } from '@sms-codes/core/config'
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
  it('asks for nothing but the password', () => {
    expect(loadBoardConfig({ BOARD_PASSWORD })).toEqual({
      host: '127.0.0.1',
      port: 3001,
      logLevel: 'info',
      redisUrl: 'redis://127.0.0.1:6379',
      credentials: { user: 'operator', password: BOARD_PASSWORD },
      writable: false,
    })
  })

  it('becomes writable only when told so', () => {
    expect(loadBoardConfig({ BOARD_PASSWORD, BOARD_WRITABLE: 'true' }).writable).toBe(true)
    expect(loadBoardConfig({ BOARD_PASSWORD, BOARD_WRITABLE: 'false' }).writable).toBe(false)
    expect(loadBoardConfig({ BOARD_PASSWORD, BOARD_WRITABLE: '' }).writable).toBe(false)
  })

  it.each([
    ['BOARD_PASSWORD', {}],
    ['BOARD_PASSWORD', { BOARD_PASSWORD: 'fifteen-letters' }],
    ['BOARD_PASSWORD', { BOARD_PASSWORD: `${BOARD_PASSWORD}\n` }],
    ['BOARD_USER', { BOARD_PASSWORD, BOARD_USER: 'with:colon' }],
    ['BOARD_PORT', { BOARD_PASSWORD, BOARD_PORT: '70000' }],
    ['BOARD_WRITABLE', { BOARD_PASSWORD, BOARD_WRITABLE: 'perhaps' }],
    ['REDIS_URL', { BOARD_PASSWORD, REDIS_URL: 'http://127.0.0.1' }],
  ])('finds fault with %s in %j, and does not repeat its value', (name, env: Env) => {
    const faults = faultsOf(env)
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${name}: `))])
    for (const value of Object.values(env)) expect(faults.join()).not.toContain(value)
  })
})
