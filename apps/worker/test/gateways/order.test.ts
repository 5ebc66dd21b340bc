import { describe, expect, it } from 'vitest'
import { createOrder } from '../../src/gateways/order.ts'
import type { SkippingGateway } from '../../src/gateways/skipping-gateway.ts'
import { fakeGateway, jobOf } from '../worker.ts'

type Changes = Record<string, Partial<SkippingGateway>>
const gatewaysWith = (changes: Changes = {}): SkippingGateway[] =>
  ['ccp', 'aliyun', 'tencent'].map((name) => ({ ...fakeGateway(name), ...changes[name] }))
const job = (i: number, where: { segment?: string; country?: string } = {}) => ({
  ...jobOf({ rid: `${'p'.repeat(22)}.${String(i).padStart(22, 'r')}`, scene: 'login', n: 1 }),
  ...where,
})
const namesOf = (order: ReturnType<typeof createOrder>, ...of: Parameters<typeof job>) =>
  order(job(...of)).map(({ name }) => name)

describe('the order of gateways', () => {
  it('is the order of the list without weights and routes', () => {
    expect(namesOf(createOrder(gatewaysWith(), []), 1)).toEqual(['ccp', 'aliyun', 'tencent'])
  })

  it('begins with the gateway to which the carrier segment is routed', () => {
    const order = createOrder(gatewaysWith({ ccp: { weight: 9 } }), [
      { segments: ['+86171', '+86170'], gateway: 'tencent' },
      { segments: ['+8529'], gateway: 'aliyun' },
    ])
    expect(namesOf(order, 1, { segment: '170' })).toEqual(['tencent', 'ccp', 'aliyun'])
    expect(namesOf(order, 1, { segment: '172' })).toEqual(['ccp', 'aliyun', 'tencent'])
    expect(namesOf(order, 1, { segment: '+852912', country: 'HK' })).toEqual(['aliyun', 'ccp', 'tencent'])
    expect(namesOf(order, 1, { segment: '+852612', country: 'HK' })).toEqual(['ccp', 'aliyun', 'tencent'])
  })

  it('begins with the gateway to which the country is routed, by the first route that fits', () => {
    const order = createOrder(gatewaysWith(), [
      { countries: ['HK'], segments: ['+85291'], gateway: 'aliyun' },
      { countries: ['HK', 'MO'], gateway: 'tencent' },
    ])
    expect(namesOf(order, 1, { segment: '+852912', country: 'HK' })[0]).toBe('aliyun')
    expect(namesOf(order, 1, { segment: '+852612', country: 'HK' })[0]).toBe('tencent')
    expect(namesOf(order, 1)[0]).toBe('ccp')
  })

  it('contains only the gateways that serve the country, and none of another route', () => {
    const only = gatewaysWith({ ccp: { countries: ['CN'] }, tencent: { countries: ['HK', 'CN'] } })
    const order = createOrder(only, [{ countries: ['HK', 'US'], gateway: 'ccp' }])
    expect(namesOf(order, 1, { segment: '+852912', country: 'HK' })).toEqual(['aliyun', 'tencent'])
    expect(namesOf(order, 1, { segment: '+1415', country: 'US' })).toEqual(['aliyun'])
    // A job of a version that served the mainland only names no country.
    expect(namesOf(order, 1)).toEqual(['ccp', 'aliyun', 'tencent'])
  })

  it('puts each gateway first in proportion to its weight, the same one for all tries of a send', () => {
    const order = createOrder(gatewaysWith({ ccp: { weight: 3 }, tencent: { weight: 1 } }), [])
    const firsts = Array.from({ length: 4_000 }, (_, i) => namesOf(order, i)[0])
    const share = (name: string) => firsts.filter((first) => first === name).length / 4_000
    expect(share('ccp')).toBeGreaterThan(0.7)
    expect(share('ccp')).toBeLessThan(0.8)
    expect(share('aliyun')).toBe(0)
    expect(namesOf(order, 7)).toEqual(namesOf(order, 7))
    expect(firsts).toEqual(Array.from({ length: 4_000 }, (_, i) => namesOf(order, i)[0]))
  })

  it('contains every gateway once', () => {
    const order = createOrder(gatewaysWith({ aliyun: { weight: 1 } }), [
      { segments: ['+86138'], gateway: 'tencent' },
    ])
    for (let i = 0; i < 50; i++) expect(namesOf(order, i).toSorted()).toEqual(['aliyun', 'ccp', 'tencent'])
  })
})
