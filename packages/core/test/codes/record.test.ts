import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RECORD_FIELDS } from '../../src/codes/record.ts'
import type { Send } from '../../src/codes/send.ts'
import { readScript } from '../../src/redis/script.ts'
import { listScripts } from '../scripts.ts'
import { newMobile, sendOf, startStore } from '../store.ts'
import { FIELD_SPECS, TRANSITIONS, WRITERS } from './record-spec.ts'

/** A field that a script wrote to a code record, as Redis's MONITOR shows it. */
type Write = { script: string; field: string; value: string }
/** A change of status that a script made. */
type Change = { script: string; from: string; to: string; channel: string }

let store: Awaited<ReturnType<typeof startStore>>
let seen: Awaited<ReturnType<typeof watchScripts>>
beforeAll(async () => {
  store = await startStore()
  seen = await watchScripts(everyStep)
})
afterAll(() => store.stop())

const lease = { fence: 0, leaseMs: 6_500 }
const mail = { ...lease, channel: 'email' as const }

/** Takes sends through every step that a script may make. */
async function everyStep(): Promise<void> {
  const { codes, ledger } = store
  const issue = async (mobile = newMobile()) => {
    const issued = await codes.issue(mobile, 'default')
    const code = await store.codeOf(issued)
    return { mobile, code, send: sendOf(issued), use: () => codes.verify(mobile, 'default', code, undefined) }
  }
  const claim = async (send: Send, options: Parameters<typeof ledger.claim>[2] = lease) => {
    const answer = await ledger.claim(send, 'ccp', options)
    return answer.kind === 'go' ? answer.fence : 0
  }
  const look = (send: Send) => ledger.claim(send, '', lease)
  const settle = async (send: Send, what: Parameters<typeof ledger.settle>[2], fence?: number) =>
    ledger.settle(send, fence ?? (await claim(send)), what)
  const sent = async () => {
    const { send } = await issue()
    await settle(send, { status: 'sent', gateway: 'ccp', messageId: 'id' })
    return send
  }
  const mailing = async () => {
    const { send } = await issue()
    await settle(send, { status: 'moved', reason: 'number' })
    return send
  }

  // claim
  for (const claimed of [false, true]) {
    const [used, late] = [await issue(), await issue()]
    if (claimed) await Promise.all([claim(used.send), claim(late.send)])
    await used.use()
    await store.pass(7)
    await claim(used.send)
    await store.pass(120)
    await claim(late.send)
  }
  const lapsed = await issue()
  await claim(lapsed.send)
  await store.pass(7)
  await claim(lapsed.send)
  const missing = await sent()
  await ledger.report(missing, 'missing', true)
  await store.pass(120)
  await claim(missing, mail)

  // settle
  await settle((await issue()).send, { status: 'queued', doubtedGateway: 'ccp', secondSendRisked: true })
  await settle((await issue()).send, { status: 'failed', reason: 'number' })
  const [fellBack, unmailed, followedUp] = [await mailing(), await mailing(), await sent()]
  const returned = await mailing()
  await settle(returned, { status: 'moved', channel: 'email' }, await claim(returned, mail))
  await settle(fellBack, { status: 'fell_back', channel: 'email' }, await claim(fellBack, mail))
  await settle(unmailed, { status: 'failed', channel: 'email' }, await claim(unmailed, mail))
  await ledger.report(followedUp, 'missing', true)
  await settle(followedUp, { status: 'failed', channel: 'email' }, await claim(followedUp, mail))
  for (const status of ['sent', 'failed'] as const)
    await ledger.settleUnclaimed((await issue()).send, { status })

  // claim without a gateway
  for (const claimed of [false, true]) {
    const [used, late] = [await issue(), await issue()]
    if (claimed) await Promise.all([claim(used.send), claim(late.send)])
    await used.use()
    await store.pass(120)
    await Promise.all([look(used.send), look(late.send)])
  }
  const unmailedInTime = await sent()
  await ledger.report(unmailedInTime, 'missing', true)
  await store.pass(120)
  await look(unmailedInTime)

  // report-delivery
  await ledger.report((await issue()).send, 'delivered', false)
  const calling = await issue()
  await claim(calling.send)
  await ledger.report(calling.send, 'delivered', false)
  await ledger.report(await sent(), 'delivered', false)
  await ledger.report(await sent(), 'undelivered', true)
  const undelivered = await sent()
  await ledger.report(undelivered, 'undelivered', false)
  await ledger.report(undelivered, 'delivered', false)

  // verify, issue again, refund
  const guessed = await issue()
  await codes.verify(guessed.mobile, 'default', 'wrong', guessed.send.rid)
  await codes.verify(guessed.mobile, 'default', 'wrong', undefined)
  await store.pass(61)
  await codes.refund((await issue(guessed.mobile)).send)
}

/** Runs `act` and returns what each script wrote during that time. */
async function watchScripts(act: () => Promise<void>): Promise<{ writes: Write[]; changes: Change[] }> {
  const names = new Map(listScripts().map(({ name, sha }) => [sha, name]))
  const writes: Write[] = []
  const changes: Change[] = []
  const records = new Map<string, Map<string, string>>()
  let script = ''

  function write(key: string, field: string, value: string): void {
    const record = records.get(key) ?? new Map<string, string>()
    records.set(key, record.set(field, value))
    writes.push({ script, field, value })
  }
  function look(args: readonly string[]): void {
    const [command = '', key = '', ...rest] = args
    const name = command.toLowerCase()
    if (name === 'del') records.delete(key)
    if (!/:code:/.test(key) || !['hset', 'hsetnx', 'hdel', 'hincrby'].includes(name)) return
    const from = records.get(key)?.get('status') ?? ''
    if (name === 'hdel') for (const field of rest) records.get(key)?.delete(field)
    else if (name === 'hincrby') write(key, rest[0] ?? '', '1')
    else for (let i = 0; i < rest.length; i += 2) write(key, rest[i] ?? '', rest[i + 1] ?? '')
    const to = records.get(key)?.get('status') ?? ''
    const setsStatus = name === 'hset' && rest.some((field, i) => i % 2 === 0 && field === 'status')
    if (setsStatus && script !== 'issue')
      changes.push({
        script,
        from,
        to,
        channel: records.get(key)?.get('channel') ?? RECORD_FIELDS.channel.byDefault ?? '',
      })
  }

  // With the scripts loaded, each run is an EVALSHA, whose SHA-1 names the script.
  for (const { text } of listScripts()) await store.redis.script('LOAD', text)
  const monitor = await store.redis.monitor()
  const isOver = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, args: string[], source: string) => {
      const [command = '', first = ''] = args
      if (command.toLowerCase() === 'evalsha') script = names.get(first) ?? 'unknown'
      // The script that lets time pass is run by its text.
      if (command.toLowerCase() === 'eval') script = ''
      if (command.toLowerCase() === 'echo') resolve()
      if (source === 'lua' && script !== '') look(args)
    })
  })
  await act()
  await store.redis.echo('over')
  await isOver
  monitor.disconnect()
  return { writes, changes }
}

describe('the code record', () => {
  it('has only the fields that record-spec.ts describes, each written by the scripts named there', () => {
    const written = new Set(seen.writes.map(({ script, field }) => `${field} by ${script}`))
    const described = Object.entries(FIELD_SPECS).flatMap(([field, { writers }]) =>
      writers.map((writer) => `${field} by ${writer}`),
    )
    expect([...written].toSorted()).toEqual(described.toSorted())
  })

  it('has in every field only the values that record-spec.ts describes', () => {
    const valuesOf = new Map(Object.entries(FIELD_SPECS).map(([name, { values }]) => [name, values]))
    const unexpected = seen.writes.filter(({ field, value }) => valuesOf.get(field)?.test(value) !== true)
    expect(unexpected).toEqual([])
  })

  it('changes its status by every transition of the table and by no other', () => {
    const name = (from: string, script: string, to: string) => `${from} --${script}--> ${to}`
    const made = new Set(seen.changes.map(({ from, script, to }) => name(from, script, to)))
    const described = new Set(TRANSITIONS.map(({ from, by, to }) => name(from, by, to)))
    expect([...made].toSorted()).toEqual([...described].toSorted())
    const isDescribed = (change: Change) =>
      TRANSITIONS.some(
        ({ from, by, to, channel }) =>
          name(from, by, to) === name(change.from, change.script, change.to) &&
          (channel === 'any' || channel === change.channel),
      )
    expect(seen.changes.filter((change) => !isDescribed(change))).toEqual([])
  })

  it('is written by no other script', () => {
    expect([...new Set(seen.writes.map(({ script }) => script))].toSorted()).toEqual([...WRITERS].toSorted())
  })
})

describe('a field that was not written', () => {
  it('has the default that record.ts describes', async () => {
    const readRecord = readScript(new URL('../../src/codes/lua/read-record.lua', import.meta.url))
    const fields = Object.keys(RECORD_FIELDS)
    const defaults = Object.entries(RECORD_FIELDS).flatMap(([name, { byDefault }]) =>
      byDefault === undefined ? [] : [[name, byDefault] as const],
    )
    const script = `${readRecord} return cjson.encode(read_record(KEYS[1], unpack(ARGV)))`
    const read = await store.redis.eval(script, 1, 'no record', ...fields)
    expect(JSON.parse(String(read))).toEqual(Object.fromEntries(defaults))
  })
})

describe('a script', () => {
  it('reads fields by name and never by position', () => {
    for (const { name, text } of listScripts()) {
      const byPosition = [...text.matchAll(/\b(\w+)\[\d+\]/g)].map(([, list]) => list)
      expect([name, byPosition.filter((list) => !/^(KEYS|ARGV|time)$/.test(list ?? ''))]).toEqual([name, []])
    }
  })

  it('describes every key and argument that it uses', () => {
    for (const { name, text } of listScripts()) {
      const header = text.slice(0, text.search(/^[^-]/m))
      const used = [...text.matchAll(/\b(KEYS|ARGV)\[(\d+)\]/g)].map(([use]) => use)
      const described = (use: string) => header.includes(use) || /KEYS(\[1\.\.n\]| +all| +for)/.test(header)
      expect([name, used.filter((use) => !described(use))]).toEqual([name, []])
    }
  })
})
