import { describe, expect, test } from 'vitest'
import { loadConfig } from '../src/config.ts'

describe('the configuration', () => {
  test('has a default for every variable, and an empty variable counts as unset', () => {
    expect(loadConfig({ HOST: '', SIMULATOR_PORT: ' ' })).toMatchObject({
      config: {
        SIMULATOR_PORT: 3002,
        SIMULATOR_SMTP_PORT: 3025,
        SMS_GATEWAYS: 'ccp',
        DEMO_API_KEY: '',
        HOST: '127.0.0.1',
        ALIYUN_SECURITY_TOKEN: '',
        SIMULATOR_VENDOR_LIMITS: 'on',
      },
    })
  })

  test('names every faulty variable at once and repeats no value', () => {
    const loaded = loadConfig({
      SIMULATOR_PORT: '70000',
      API_URL: 'ftp://secret.example',
      SIMULATOR_VENDOR_LIMITS: 'secret',
      CCP_AUTH_TOKEN: 'a secret token',
      DEMO_API_KEY: 'too short a secret',
      SIMULATOR_SMTP_PORT: 'secret',
    })
    const faults = 'faults' in loaded ? loaded.faults.join('\n') : ''
    expect(faults).toMatch(
      /SIMULATOR_PORT[^]*_SMTP_PORT[^]*API_URL[^]*DEMO_API_KEY[^]*CCP_AUTH_TOKEN[^]*SIMULATOR_VENDOR_LIMITS/,
    )
    expect(faults).not.toContain('secret')
  })
})
