import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createAudit } from '@sms-codes/core/limits/audit'
import { keys } from '@sms-codes/core/redis/keys'
import { aMobile, startOps, type RunningOps } from './ops.ts'

let ops: RunningOps
beforeAll(async () => {
  ops = await startOps()
})
beforeEach(() => ops.redis.flushall())
afterAll(() => ops.stop())

const PHONE = 'oskutv5UIEDSEQ3pVbWOVS'

/** Writes one entry of each kind, as the board, the lists and the guard do, and one by a command. */
async function writeEach(): Promise<void> {
  const write = createAudit(ops.redis)
  const route = '/api/queues/:queueName/retry/:queueStatus'
  await write({ what: 'board write', user: 'li', method: 'PUT', route, queue: 'sms', jobs: 'failed' })
  await write({
    what: 'list',
    list: 'deny',
    by: 'segment',
    entry: '170',
    phone: PHONE,
    address: 'a'.repeat(22),
  })
  const counts = { sends: '60', verified: '2' }
  await write({ what: 'guard', mode: 'challenge', group: 'segment', who: '1700000', ...counts })
  await ops.run(['block', '10.1.0.0/16', '--reason', 'ticket 17'])
}

test('audit shows who did what, with entry and reason, the newest first', async () => {
  await writeEach()
  const { code, stdout } = await ops.run(['audit'])
  const [head, ...lines] = stdout.trimEnd().split('\n')
  expect(code).toBe(0)
  expect(head).toMatch(/^time +what +who +entry +reason$/)
  expect(lines).toEqual([
    expect.stringMatching(/^20\S+Z +block +operator +10\.1\.0\.0\/16 +ticket 17$/),
    expect.stringMatching(/^20\S+Z +guard challenge +api +segment 1700000 +2 of 60 codes verified$/),
    expect.stringMatching(new RegExp(`^20\\S+Z +list deny +api +170 +phone ${PHONE}$`)),
    expect.stringMatching(/^20\S+Z +board retry +li +sms failed$/),
  ])
})

test('drain, resume, erase and send-test leave an entry, also for an act that is refused', async () => {
  const mobile = aMobile()
  const ph = ops.keyring.pseudonym(mobile)
  await ops.run(['drain'])
  await ops.run(['resume'])
  for (let i = 0; i < 2; i += 1) await ops.run(['send-test', mobile, '--scene', 'login', '--wait', '1s'])
  await ops.run(['erase', mobile, '--yes'])
  const { stdout } = await ops.run(['audit', '--what', 'operator'])
  const [, ...lines] = stdout.trimEnd().split('\n')
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(`^20\\S+Z +erase +operator +${ph}$`)),
    expect.stringMatching(new RegExp(`^20\\S+Z +send-test +operator +${ph} +scene login$`)),
    expect.stringMatching(new RegExp(`^20\\S+Z +send-test +operator +${ph} +scene login$`)),
    expect.stringMatching(/^20\S+Z +resume +operator$/),
    expect.stringMatching(/^20\S+Z +drain +operator$/),
  ])
})

test.for([['drain'], ['resume'], ['erase'], ['send-test']])(
  '%s changes nothing if the audit stream cannot be written',
  async ([name = '']) => {
    const mobile = aMobile()
    if (name === 'erase') await ops.codes.issue(mobile, 'default')
    await ops.redis.set(keys.audit, 'not a stream')
    const before = await ops.dump()
    const args = { erase: [mobile, '--yes'], 'send-test': [mobile, '--wait', '1s'] }[name] ?? []
    expect((await ops.run([name, ...args])).code).toBe(1)
    expect(await ops.dump()).toBe(before)
  },
)

test('--what, --since and --most choose entries', async () => {
  await ops.redis.xadd(
    keys.audit,
    Date.now() - 7_200_000,
    'what',
    'operator',
    'act',
    'unlist',
    'entry',
    '171',
  )
  await writeEach()
  const linesOf = async (...args: string[]) => {
    const { stdout } = await ops.run(['audit', ...args])
    return stdout.trimEnd().split('\n').slice(1)
  }
  expect(await linesOf()).toHaveLength(5)
  expect(await linesOf('--since', '1h')).toHaveLength(4)
  expect(await linesOf('--what', 'board')).toEqual([expect.stringContaining('board retry')])
  expect(await linesOf('--what', 'operator')).toHaveLength(2)
  expect(await linesOf('--most', '2')).toEqual([
    expect.stringContaining('block'),
    expect.stringContaining('guard'),
    '3 older entries are not shown (--most)',
  ])
})

test('--json has the entries and their number, for programs', async () => {
  await writeEach()
  await ops.redis.xadd(keys.audit, '*', 'what', 'board write', 'user', 'a\u001B\u009B2Jb', 'route', '/x')
  const { code, stdout } = await ops.run(['audit', '--most', '2', '--json'])
  expect(code).toBe(0)
  const found: unknown = JSON.parse(stdout)
  const at: unknown = expect.stringMatching(/^20\S+Z$/)
  expect(found).toEqual({
    total: 5,
    entries: [
      { at, what: 'board x', who: 'a\u001B?2Jb', entry: '', reason: '' },
      { at, what: 'block', who: 'operator', entry: '10.1.0.0/16', reason: 'ticket 17' },
    ],
  })
  await ops.redis.flushall()
  expect((await ops.run(['audit', '--json'])).stdout).toBe('{"total":0,"entries":[]}\n')
})

test('without entries audit says so, and control characters in an entry do not reach the terminal', async () => {
  expect((await ops.run(['audit', '--since', '2h'])).stdout).toBe('no entries in the last 2h\n')
  await ops.redis.xadd(keys.audit, '*', 'what', 'board write', 'user', 'a\u001B[2Jb', 'route', '/x\ny')
  await ops.redis.xadd(keys.audit, '*', 'what', 'new \u0007kind', 'x', 'y')
  const { code, stdout } = await ops.run(['audit'])
  expect(code).toBe(0)
  for (const control of ['\u001B', '\u0007']) expect(stdout).not.toContain(control)
  expect(stdout).toContain('a?[2Jb')
  expect(stdout.trimEnd().split('\n')).toHaveLength(3)
})
