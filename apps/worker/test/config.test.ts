import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '@sms-codes/core/config'
import { loadWorkerConfig } from '../src/config.ts'

const key = () => randomBytes(32).toString('base64')
const good = {
  PHONE_KEY: key(),
  CODE_KEYS: `k1:${key()}`,
  SMS_GATEWAYS: 'ccp',
  CCP_ACCOUNT_SID: 'a'.repeat(32),
  CCP_AUTH_TOKEN: 'b'.repeat(32),
  CCP_APP_ID: 'c'.repeat(32),
  CCP_TEMPLATE_ID: '1',
}

function faultsOf(env: Record<string, string>): string[] {
  try {
    loadWorkerConfig(env)
    return []
  } catch (err) {
    if (err instanceof ConfigError) return err.faults.map((fault) => fault.split(':')[0] ?? '')
    throw err
  }
}

describe('the configuration of a worker', () => {
  it('is complete with keys, a gateway and what that gateway needs', () => {
    expect(loadWorkerConfig(good)).toMatchObject({
      gateways: ['ccp'],
      concurrency: 50,
      ccp: { appId: 'c'.repeat(32) },
    })
    expect(loadWorkerConfig(good).ccp.templateOf('login')).toBe('1')
  })

  it('names all that a listed gateway lacks', () => {
    const { PHONE_KEY, CODE_KEYS } = good
    expect(faultsOf({ PHONE_KEY, CODE_KEYS, SMS_GATEWAYS: 'ccp' })).toEqual([
      'CCP_ACCOUNT_SID',
      'CCP_AUTH_TOKEN',
      'CCP_APP_ID',
      'CCP_TEMPLATE_ID',
    ])
    expect(faultsOf({ PHONE_KEY, CODE_KEYS, SMS_GATEWAYS: 'console' })).toEqual([])
  })

  it.each([
    ['no gateway', { SMS_GATEWAYS: '' }, 'SMS_GATEWAYS'],
    ['a gateway there is not', { SMS_GATEWAYS: 'ccp,pigeon' }, 'SMS_GATEWAYS'],
    ['a gateway twice', { SMS_GATEWAYS: 'ccp,ccp' }, 'SMS_GATEWAYS'],
    ['codes over plain http', { CCP_BASE_URL: 'http://gateway.example' }, 'CCP_BASE_URL'],
    ['loopback that is none', { CCP_BASE_URL: 'http://127.0.0.1:x@gateway.example' }, 'CCP_BASE_URL'],
    [
      'a simulator in production',
      { NODE_ENV: 'production', CCP_BASE_URL: 'http://127.0.0.1:3002' },
      'CCP_BASE_URL',
    ],
    [
      'a container in production',
      { NODE_ENV: 'production', CCP_BASE_URL: 'http://simulator:3002' },
      'CCP_BASE_URL',
    ],
    ['the console in production', { NODE_ENV: 'production', SMS_GATEWAYS: 'console' }, 'SMS_GATEWAYS'],
    ['an address that is none', { CCP_BASE_URL: 'https://u:secret@[' }, 'CCP_BASE_URL'],
    ['no concurrency', { WORKER_CONCURRENCY: '0' }, 'WORKER_CONCURRENCY'],
    ['too long a deadline', { GATEWAY_DEADLINE_MS: '9000' }, 'GATEWAY_DEADLINE_MS'],
  ])('refuses %s', (_what, env, name) => {
    expect(new Set(faultsOf({ ...good, ...env }))).toEqual(new Set([name]))
  })

  it.each([
    'http://127.0.0.1:3002',
    'http://localhost:1',
    'http://simulator:3002',
    'https://app.cloopen.com:8883',
  ])('takes %s', (url) => {
    expect(faultsOf({ ...good, CCP_BASE_URL: url })).toEqual([])
  })
})
