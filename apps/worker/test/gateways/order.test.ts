import { describe, expect, it } from 'vitest'
import { createOrder } from '../../src/gateways/order.ts'
import { fakeGateway, jobOf } from '../worker.ts'

const gateways = ['ccp', 'aliyun', 'tencent'].map((name) => fakeGateway(name))
const job = (i: number, segment = '138') => ({
  ...jobOf({ rid: `${'p'.repeat(22)}.${String(i).padStart(22, 'r')}`, scene: 'login', n: 1 }),
  segment,
})
const namesOf = (order: ReturnType<typeof createOrder>, i: number, segment?: string) =>
  order(job(i, segment)).map(({ name }) => name)

describe('the order of gateways', () => {
  it('is the order of the list without weights and routes', () => {
    const order = createOrder(gateways, { weights: {}, routes: {} })
    expect(namesOf(order, 1)).toEqual(['ccp', 'aliyun', 'tencent'])
  })

  it('begins with the gateway to which the carrier segment is routed', () => {
    const order = createOrder(gateways, { weights: { ccp: 9 }, routes: { 170: 'tencent' } })
    expect(namesOf(order, 1, '170')).toEqual(['tencent', 'ccp', 'aliyun'])
    expect(namesOf(order, 1, '171')).toEqual(['ccp', 'aliyun', 'tencent'])
  })

  it('puts each gateway first in proportion to its weight, the same one for all tries of a send', () => {
    const order = createOrder(gateways, { weights: { ccp: 3, tencent: 1 }, routes: {} })
    const firsts = Array.from({ length: 4_000 }, (_, i) => namesOf(order, i)[0])
    const share = (name: string) => firsts.filter((first) => first === name).length / 4_000
    expect(share('ccp')).toBeGreaterThan(0.7)
    expect(share('ccp')).toBeLessThan(0.8)
    expect(share('aliyun')).toBe(0)
    expect(namesOf(order, 7)).toEqual(namesOf(order, 7))
    expect(firsts).toEqual(Array.from({ length: 4_000 }, (_, i) => namesOf(order, i)[0]))
  })

  it('contains every gateway once', () => {
    const order = createOrder(gateways, { weights: { aliyun: 1 }, routes: { 138: 'tencent' } })
    for (let i = 0; i < 50; i++) expect(namesOf(order, i).toSorted()).toEqual(['aliyun', 'ccp', 'tencent'])
  })
})
