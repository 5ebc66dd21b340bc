import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createContacts, type Contacts } from '../../src/codes/contacts.ts'
import { createKeyring, MissingKeyError } from '../../src/keyring.ts'
import { keys } from '../../src/redis/keys.ts'
import { newMobile, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
let contacts: Contacts
beforeAll(async () => {
  store = await startStore()
  contacts = createContacts(store.redis, store.keyring)
})
afterAll(() => store.stop())

const contact = { email: 'owner@mail.example', verifiedAt: '2026-01-02T03:04:05.000Z' }
const keyOf = (mobile: string) => keys.contact(store.keyring.pseudonym(mobile))

describe('a contact', () => {
  it('is found by its phone, and a newer one replaces it', async () => {
    const mobile = newMobile()
    expect(await contacts.find(mobile)).toBeNull()
    await contacts.put(mobile, { ...contact, email: 'old@mail.example' })
    await contacts.put(mobile, contact)
    expect(await contacts.find(mobile)).toEqual(contact)
  })

  it('is stored without its address and its number in clear', async () => {
    const mobile = newMobile()
    await contacts.put(mobile, contact)
    const stored = `${keyOf(mobile)} ${await store.redis.get(keyOf(mobile))}`
    const decoded = Buffer.from(stored.split('.').at(-1) ?? '', 'base64url').toString('latin1')
    for (const secret of ['owner@', 'mail.example', '2026-01-02', mobile])
      expect([stored, decoded].filter((text) => text.includes(secret))).toEqual([])
  })

  it('cannot be read as the contact of another phone', async () => {
    const [mine, other] = [newMobile(), newMobile()]
    await contacts.put(mine, contact)
    await store.redis.copy(keyOf(mine), keyOf(other))
    expect(await contacts.find(other)).toBeNull()
    expect(await contacts.find(mine)).toEqual(contact)
  })

  it('can be read while the key that sealed it is in the key ring', async () => {
    const mobile = newMobile()
    const [old, fresh] = ['old', 'new'].map((kid) => ({ kid, key: randomBytes(32) }))
    if (old === undefined || fresh === undefined) throw new Error('two keys are needed')
    const phoneKey = randomBytes(32)
    const withRing = (...codeKeys: (typeof old)[]) =>
      createContacts(store.redis, createKeyring({ phoneKey, codeKeys }))
    await withRing(old).put(mobile, contact)
    expect(await withRing(fresh, old).find(mobile)).toEqual(contact)
    await expect(withRing(fresh).find(mobile)).rejects.toEqual(new MissingKeyError('old'))
  })
})

it('erasing a phone answers which keys it deleted, and does not touch other phones', async () => {
  const [mine, other] = [newMobile(), newMobile()]
  for (const mobile of [mine, other]) {
    await store.codes.issue(mobile, 'login')
    await store.codes.verify(mobile, 'login', 'wrong', undefined)
    await contacts.put(mobile, contact)
  }
  expect(await store.keysOf(mine)).toHaveLength(5)
  expect(await contacts.erase(mine, ['default', 'login'])).toEqual([
    'code:login',
    'sends',
    'misses:blind',
    'contact',
    'history',
  ])
  expect(await store.keysOf(mine)).toEqual([])
  expect(await store.keysOf(other)).toHaveLength(5)
  expect(await contacts.erase(mine, ['default', 'login'])).toEqual([])
})
