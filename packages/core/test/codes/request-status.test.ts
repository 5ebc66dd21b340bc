import { afterAll, beforeAll, expect, it } from 'vitest'
import { peekCodes } from '../../src/codes/request-status.ts'
import { aMobile, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

it('a peek shows the request and whether its code was used, for scenes that have a record', async () => {
  const mobile = aMobile()
  const ph = store.keyring.pseudonym(mobile)
  const peek = () => peekCodes(store.redis, ph, ['default', 'login'])
  expect(await peek()).toEqual([])

  const issued = await store.codes.issue(mobile, 'login')
  const code = await store.codeOf(issued)
  const [found] = await peek()
  expect(found).toMatchObject({
    scene: 'login',
    isUsed: false,
    request: { status: 'queued', sends: 1, channel: 'sms', reason: '', times: [{ state: 'queued' }] },
  })
  expect(found?.requestIds).toContain(issued.kind === 'issued' ? issued.requestId : '')

  await store.codes.verify(mobile, 'login', code, undefined)
  expect(await peek()).toMatchObject([{ scene: 'login', isUsed: true }])
})
