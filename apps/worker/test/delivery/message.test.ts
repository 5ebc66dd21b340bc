import { describe, expect, it } from 'vitest'
import { loadPolicy } from '@sms-codes/core/test/policy-file'
import { createMessages } from '../../src/delivery/message.ts'
import { jobOf } from '../worker.ts'

const policy = loadPolicy({
  countries: { CN: { locale: 'zh-CN' }, HK: { locale: 'zh-HK' } },
  texts: {
    'zh-CN': '码{code}，{minutes}分钟，{code}',
    'zh-HK': '碼{code}',
    en: 'code {code}, {minutes} min',
  },
})
const claim = {
  kind: 'go',
  mobile: '+85261234567',
  code: '012345',
  lifeMs: 290_000,
  fence: 1,
  ageMs: 0,
  doubt: null,
  lapsedGateway: '',
  secondSendRisked: false,
  moves: 0,
  mayMove: false,
  grouped: null,
  quota: 'none',
} as const
const job = jobOf({ rid: `${'p'.repeat(22)}.${'r'.repeat(22)}`, scene: 'login', n: 1 })
const messageFor = (where: { country?: string; locale?: string }, domain?: string) =>
  createMessages(policy, domain)('m1', { ...job, ...where }, claim)

describe('a message', () => {
  it('has the text of the locale with the code and the minutes', () => {
    expect(messageFor({ country: 'HK', locale: 'en' })).toEqual({
      id: 'm1',
      mobile: '+85261234567',
      country: 'HK',
      locale: 'en',
      code: '012345',
      minutes: 5,
      secondsLeft: 290,
      scene: 'login',
      text: 'code 012345, 5 min',
    })
    expect(messageFor({ locale: 'zh-CN' }).text).toBe('码012345，5分钟，012345')
  })

  it('of a job without a locale, or with one that the policy has lost, is in the language of the country', () => {
    expect(messageFor({ country: 'HK' })).toMatchObject({ locale: 'zh-HK', text: '碼012345' })
    expect(messageFor({ country: 'HK', locale: 'fr' })).toMatchObject({ locale: 'zh-HK' })
    expect(messageFor({})).toMatchObject({ country: 'CN', locale: 'zh-CN' })
    expect(messageFor({ country: 'US', locale: 'constructor' })).toMatchObject({ locale: 'zh-CN' })
  })

  it('ends with the line by which a browser fills in the code, if a domain is set', () => {
    const { text } = messageFor({ locale: 'en' }, 'shop.example')
    expect(text.split('\n')).toEqual(['code 012345, 5 min', '', '@shop.example #012345'])
  })
})
