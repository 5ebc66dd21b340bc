import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  ACCOUNT,
  anyText,
  APP,
  shanghaiNow,
  startSimulator,
  textLike,
  type Simulator,
} from '../../running-simulator.ts'

const DAY_MS = 86_400_000
const HALF_MINUTE_MS = 30_000

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

describe('the caller', () => {
  test('a request with a known signature is accepted at the time of its timestamp', async () => {
    await simulator.advance(Date.parse('2026-01-01T19:04:05Z') - Date.now())
    const path = `/2013-12-26/Accounts/${ACCOUNT}/SMS/TemplateSMS?sig=6F1F80BF258B70E64C2FD087B3939DC0`
    const answer = await fetch(simulator.url + path, {
      method: 'POST',
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/json;charset=utf-8',
        Authorization: 'YWFmOThmODk0ZDMyOGIxMzAxNGQ2YzNkMGI4YjJmNWY6MjAyNjAxMDIwMzA0MDU=',
      },
      body: JSON.stringify({
        to: '13800138000',
        appId: APP,
        templateId: '1',
        datas: ['123456', '5'],
        reqId: '0f8fad5bd9cb469fa16570867728950e',
      }),
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json;charset=utf-8')
    expect(await answer.json()).toEqual({
      statusCode: '000000',
      templateSMS: {
        smsMessageSid: textLike(/^[0-9a-f]{32}$/),
        dateCreated: textLike(/^202601020304\d\d$/),
      },
    })
    expect(await simulator.outbox('13800138000')).toMatchObject([
      {
        to: '13800138000',
        number: '+8613800138000',
        country: 'CN',
        code: '123456',
        minutes: 5,
        gateway: 'ccp',
        template: '1',
        locale: 'zh-CN',
        sign_name: '云通讯',
        sender: null,
        echo: '0f8fad5bd9cb469fa16570867728950e',
        text: '【云通讯】您的验证码是123456，请于5分钟内正确输入',
      },
    ])
  })

  test('a refusal has status 200, a code of the vendor and a text, and sends nothing', async () => {
    const answer = await simulator.send({ token: 'another' })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({ statusCode: '111109', statusMsg: anyText })
    expect(await simulator.outbox()).toEqual([])
  })

  test('a signature in lower case is refused', async () => {
    const answer = await fetch(
      `${simulator.url}/2013-12-26/Accounts/${ACCOUNT}/SMS/TemplateSMS?sig=6f1f80bf258b70e64c2fd087b3939dc0`,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: 'YWFmOThmODk0ZDMyOGIxMzAxNGQ2YzNkMGI4YjJmNWY6MjAyNjAxMDIwMzA0MDU=',
        },
        body: '{}',
      },
    )
    expect(await answer.json()).toMatchObject({ statusCode: '111109' })
  })

  test.each([
    ['a timestamp older than a day', { timestamp: shanghaiNow(-DAY_MS - 60_000) }, '161106'],
    ['a timestamp more than a day ahead', { timestamp: shanghaiNow(DAY_MS + 60_000) }, '161106'],
    ['a timestamp that is not a date', { timestamp: '20260231000000' }, '161106'],
    ['an account that does not exist', { account: 'unknown' }, '111141'],
    ['an app that does not exist', { appId: 'unknown' }, '111181'],
  ])('%s is refused', async (_name, message, code) => {
    expect(await simulator.sendCode(message)).toBe(code)
  })
})

describe('the message', () => {
  test.each([
    ['an empty body', { body: '' }, '112301'],
    ['a body that is not JSON', { body: '{"to":' }, '160031'],
    ['a body of another content type', { contentType: 'text/plain' }, '160031'],
    ['no number', { to: '' }, '112306'],
    ['an invalid number', { to: '1380013800' }, '160042'],
    ['a number of another country', { to: '+85290000000' }, '160042'],
    ['a call with several numbers', { to: '13800138001,13800138002' }, '160048'],
    ['a template id that is not a number', { templateId: 'one' }, '112318'],
    ['an unknown template', { templateId: '77' }, '112311'],
    ['datas with a number in them', { datas: ['123456', 5] }, '160052'],
    ['datas that are too short', { datas: ['123456'] }, '160052'],
    ['datas that are not a list', { datas: '123456' }, '160052'],
    ['a request id of 33 characters', { reqId: 'a'.repeat(33) }, '160055'],
    ['a request id with dashes', { reqId: '0f8fad5b-d9cb-469f' }, '160055'],
  ])('%s is refused and sends nothing', async (_name, message, code) => {
    expect(await simulator.sendCode(message)).toBe(code)
    expect(await simulator.outbox()).toEqual([])
  })

  test('with bound numbers configured, the test template goes only to them', async () => {
    const bound = await startSimulator({ SIMULATOR_BOUND_NUMBERS: '13800138001, 13800138002' })
    expect(await bound.sendCode({ to: '13800138002' })).toBe('000000')
    expect(await bound.sendCode({ to: '13800138003' })).toBe('113302')
    await bound.close()
  })

  test('the token comes from the configuration', async () => {
    const other = await startSimulator({ CCP_AUTH_TOKEN: 'tok' })
    expect(await other.sendCode({ token: 'tok' })).toBe('000000')
    expect(await other.sendCode({ to: '13900139000' })).toBe('111109')
    await other.close()
  })
})

describe('request ids and limits', () => {
  test('a repeated request id is refused as a repeat and sends no second message', async () => {
    expect(await simulator.sendCode({ reqId: 'abc' })).toBe('000000')
    expect(await simulator.sendCode({ reqId: 'abc' })).toBe('160054')
    expect(await simulator.outbox()).toHaveLength(1)
  })

  test('a refused request does not use up its id', async () => {
    await simulator.script('160000')
    expect(await simulator.sendCode({ reqId: 'abc' })).toBe('160000')
    expect(await simulator.sendCode({ reqId: 'abc' })).toBe('000000')
  })

  test('a request id is accepted again after midnight in Shanghai', async () => {
    await simulator.advance(Date.parse('2026-05-01T15:59:00Z') - Date.now())
    const before = { reqId: 'abc', timestamp: '20260501235900' }
    expect(await simulator.sendCode(before)).toBe('000000')
    expect(await simulator.sendCode(before)).toBe('160054')
    await simulator.advance(120_000)
    expect(await simulator.sendCode(before)).toBe('000000')
  })

  test('a number gets one message in 30 seconds, and another number is not affected', async () => {
    expect(await simulator.sendCode()).toBe('000000')
    expect(await simulator.sendCode()).toBe('160038')
    expect(await simulator.sendCode({ to: '13900139000' })).toBe('000000')
    await simulator.advance(HALF_MINUTE_MS)
    expect(await simulator.sendCode()).toBe('000000')
  })

  test('a number gets five messages a day with one template and eight in total', async () => {
    const two = await startSimulator()
    // The test starts at noon in Shanghai, so that its pauses do not reach the next day.
    await two.advance(Date.parse('2026-05-01T04:00:00Z') - Date.now())
    const codes: unknown[] = []
    for (const templateId of ['1', '1', '1', '1', '1', '1', '5001', '5001', '5001', '5001']) {
      codes.push(await two.sendCode({ templateId, timestamp: '20260501120000' }))
      await two.advance(HALF_MINUTE_MS)
    }
    const accepted = Array.from({ length: 5 }, () => '000000')
    expect(codes).toEqual([...accepted, '160040', '000000', '000000', '000000', '160015'])
    await two.close()
  })

  test('the limits can be switched off, and request ids are still checked', async () => {
    const free = await startSimulator({ SIMULATOR_VENDOR_LIMITS: 'off' })
    for (let i = 0; i < 12; i += 1) expect(await free.sendCode({ reqId: `r${i}` })).toBe('000000')
    expect(await free.sendCode({ reqId: 'r0' })).toBe('160054')
    await free.close()
  })
})
