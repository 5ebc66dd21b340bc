import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBytes } from 'node:crypto'
import { keyFaults } from '@sms-codes/core/redis/key-faults'
import { startBoard, type Board } from '../board.ts'
import { startBoardOn, startSends, textOf, type Sends } from './sends.ts'

const MOBILE = '+8613912345678'
const SPELLINGS = [
  '13912345678',
  '139-1234-5678',
  ' +86 139 1234 5678 ',
  '008613912345678',
  '１３９１２３４５６７８',
]

let board: Board
let withoutKey: Board
let sends: Sends
let ph: string
beforeAll(async () => {
  withoutKey = await startBoard({ writable: true })
  sends = await startSends(withoutKey.server.url)
  board = await startBoardOn(withoutKey.server, { phoneKey: sends.phoneKey })
  ph = sends.keyring.pseudonym(MOBILE)
})
afterAll(async () => {
  sends.stop()
  await board.close()
  await withoutKey.close()
})

function search(sought: string, { to = board, query = '?lang=en', headers = {} } = {}) {
  const payload = new URLSearchParams({ sought }).toString()
  const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
  return to.ask({ method: 'POST', url: `/messages/search${query}`, headers: form, payload })
}

describe('the search', () => {
  it.each(SPELLINGS)('leads from the number %j to the page of its pseudonym', async (typed) => {
    const reply = await search(typed)
    expect([reply.statusCode, reply.headers.location]).toEqual([303, `/messages/phones/${ph}?lang=en`])
  })

  it.each(['', '.1', '.12', '.1.m2'])('leads from a request id with the end %j to its page', async (end) => {
    const id = `${'A_b-9'.repeat(5).slice(0, 22)}.${'x'.repeat(22)}${end}`
    const reply = await search(` ${id} `, { query: '' })
    expect([reply.statusCode, reply.headers.location]).toEqual([303, `/messages/requests/${id}`])
  })

  it.each([
    '',
    '139',
    '13912345678x',
    '+852912345678901234',
    '02112345678',
    '<b>13912345678</b>',
    `${MOBILE},${MOBILE}`,
  ])('answers %j with 400 and the form, and does not repeat the input', async (typed) => {
    const reply = await search(typed)
    expect(reply.statusCode).toBe(400)
    expect(textOf(reply.body)).toContain('This is neither a request id nor a mobile number.')
    expect(reply.body).toContain('<input')
    // The milliseconds of the time of the page may be 139.
    const withoutTime = reply.body.replace(/<time .*?<\/time>/s, '')
    expect(withoutTime).not.toMatch(/139|1234|value=/)
  })

  it('answers a body that is no form with 400', async () => {
    const reply = await board.ask({ method: 'POST', url: '/messages/search', payload: { sought: [MOBILE] } })
    expect(reply.statusCode).toBe(400)
    const none = await board.ask({ method: 'POST', url: '/messages/search' })
    expect(none.statusCode).toBe(400)
  })

  it('puts no number into the log, and is no write of an operator', async () => {
    for (const typed of SPELLINGS) await search(typed)
    await search(MOBILE, { headers: { origin: 'https://evil.example' } })
    const audit = JSON.stringify(await sends.redis.xrange('sms:{gate}:audit', '-', '+'))
    expect(board.log() + audit).not.toMatch(/1391234|12345678/)
    expect([audit, board.logged('board write')]).toEqual(['[]', []])
  })

  it('is refused for a page of another site, and allowed for its own page, for every operator', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'null' },
    ])
      expect((await search(MOBILE, { headers })).statusCode).toBe(403)
    for (const headers of [{ origin: 'http://localhost:80' }, { 'sec-fetch-site': 'same-origin' }])
      expect((await search(MOBILE, { headers })).statusCode).toBe(303)
    const asWriter = await withoutKey.askToWrite({ method: 'POST', url: '/messages/search', payload: {} })
    expect(asWriter.statusCode).toBe(400)
  })

  it('opens no other write to an operator without write access', async () => {
    for (const url of ['/messages', '/messages/search/x', '/messages/requests/search'])
      expect((await board.ask({ method: 'POST', url })).statusCode).toBe(405)
    expect((await board.ask({ method: 'PUT', url: '/messages/search' })).statusCode).toBe(405)
  })

  it('finds only request ids without PHONE_KEY, and the form says why', async () => {
    const form = textOf((await withoutKey.ask({ url: '/messages?lang=en' })).body)
    expect(form).toContain('Only request ids can be searched: the board has no PHONE_KEY')
    const reply = await search('13912345678', { to: withoutKey })
    expect(reply.statusCode).toBe(400)
    expect(textOf(reply.body)).toContain('This is no request id.')
  })

  it('says that its PHONE_KEY is not that of the other processes', async () => {
    const keys = { phoneKey: sends.phoneKey, codeKeys: [] }
    expect(await keyFaults(sends.redis, keys)).toEqual([])
    const wrong = await startBoardOn(board.server, { phoneKey: randomBytes(32) })
    const reply = await search('13912345678', { to: wrong })
    expect(reply.statusCode).toBe(503)
    expect(textOf(reply.body)).toContain('PHONE_KEY of the board differs')
    await wrong.close()
    expect((await search('13912345678')).statusCode).toBe(303)
  })

  it('finds a number of each country of the policy', async () => {
    const wide = await startBoardOn(board.server, { phoneKey: sends.phoneKey, countries: ['CN', 'HK'] })
    const reply = await search('+852 9123 4567', { to: wide, query: '' })
    expect(reply.headers.location).toBe(`/messages/phones/${sends.keyring.pseudonym('+85291234567')}`)
    await wide.close()
  })
})
