import { describe, expect, it } from 'vitest'
import { CAUSES, REFUSALS } from '../../src/history/explain-causes.ts'
import { ENDS } from '../../src/history/explain-texts.ts'
import { explain } from '../../src/history/explain.ts'

const call = (gateway: string, cls: string, code: string, channel: 'sms' | 'email' = 'sms') =>
  ({ kind: 'call', at: 0, channel, gateway, class: cls, code }) as const
const status = (name: string, code = '') => ({ kind: 'status', at: 0, status: name, code }) as const
type At<One> = Omit<One, 'at'> & { at: number }
type Event = At<ReturnType<typeof call>> | At<ReturnType<typeof status>>

const TOLD: [string, Event[], string, string][] = [
  ['waits for a worker', [], 'ours', 'no worker has called a gateway yet'],
  [
    'is being tried',
    [call('ccp', 'retry_same', '160016')],
    'gateway',
    'The send has not ended. ccp (160016) was busy',
  ],
  ['was accepted just now', [call('ccp', 'accepted', '000000')], 'gateway', 'ccp accepted the message'],
  [
    'was sent',
    [call('ccp', 'accepted', '000000'), status('sent')],
    'gateway',
    'ccp accepted the message and',
  ],
  [
    'has no delivery receipt',
    [call('ccp', 'accepted', '000000'), status('sent'), status('missing')],
    'gateway',
    'no delivery receipt came in time',
  ],
  [
    'was delivered by the second gateway',
    [call('ccp', 'config', '160031'), call('aliyun', 'accepted', 'OK'), status('sent'), status('delivered')],
    'user',
    'aliyun reports that the phone received',
  ],
  [
    'was verified before its delivery receipt',
    [call('ccp', 'accepted', '000000'), status('sent'), status('used'), status('delivered')],
    'none',
    'was verified',
  ],
  [
    'arrived although it had failed',
    [call('ccp', 'ambiguous', 'TIMEOUT'), status('failed', 'ambiguous'), status('delivered')],
    'user',
    'The gateway reports that the phone received',
  ],
  [
    'was not delivered',
    [
      call('ccp', 'accepted', '000000'),
      status('sent'),
      status('undelivered', 'UNDELIV'),
      status('failed', 'undelivered'),
    ],
    'number',
    'ccp (UNDELIV) accepted the message, and its delivery receipt',
  ],
  [
    'has a number that is refused',
    [call('aliyun', 'number', 'isv.MOBILE_NUMBER_ILLEGAL'), status('failed', 'number')],
    'number',
    'aliyun (isv.MOBILE_NUMBER_ILLEGAL) refuses this number',
  ],
  [
    'is over the limit of a number',
    [call('ccp', 'number_limit', '160038'), status('failed', 'number_limit')],
    'user',
    'ccp (160038)',
  ],
  ['never met a worker', [status('failed', 'late')], 'ours', 'No worker sent the message within its time'],
  [
    'met an empty balance',
    [call('aliyun', 'config', 'isv.AMOUNT_NOT_ENOUGH'), status('failed', 'late')],
    'ours',
    'within its time. aliyun (isv.AMOUNT_NOT_ENOUGH): our balance',
  ],
  [
    'met a wrong key',
    [call('ccp', 'config', '160031'), status('failed', 'late')],
    'ours',
    'account, key or request',
  ],
  [
    'met a refused template',
    [call('ccp', 'template', '160032'), status('failed', 'no_gateway')],
    'ours',
    'No gateway accepted the message. ccp (160032) refused the template',
  ],
  [
    'met an open breaker',
    [call('ccp', 'skipped', 'BREAKER_OPEN'), status('failed', 'late')],
    'gateway',
    'breaker',
  ],
  [
    'met a breaker that its own call opened',
    [call('ccp', 'config', '160014'), call('ccp', 'skipped', 'BREAKER_OPEN'), status('failed', 'late')],
    'ours',
    'within its time. ccp (160014): our balance',
  ],
  [
    'met a gateway switched off',
    [call('ccp', 'skipped', 'SWITCHED_OFF'), status('failed', 'late')],
    'ours',
    'switched it off',
  ],
  ['lost its worker', [call('ccp', 'no_answer', '')], 'ours', 'A worker stopped during its call to ccp'],
  [
    'went by e-mail',
    [
      call('ccp', 'config', '160031'),
      status('moved', 'no_gateway'),
      call('email', 'accepted', '', 'email'),
      status('fell_back'),
    ],
    'user',
    'the code went by e-mail',
  ],
  [
    'is moving to e-mail',
    [call('ccp', 'config', '160031'), status('moved', 'no_gateway')],
    'none',
    'the other one tries now',
  ],
  [
    'was refused by the limit of its phone',
    [status('refused', 'limit_phone')],
    'user',
    'The phone has requested',
  ],
  ['was refused by the deny list', [status('refused', 'deny_list')], 'ours', 'on the deny list'],
  ['was refused by the guard', [status('refused', 'guard')], 'ours', 'guard against SMS pumping'],
  [
    'was refused in an outage',
    [status('refused', 'no_gateway')],
    'gateway',
    'so the API refused the request',
  ],
  [
    'was refused by the budget',
    [status('refused', 'limit_budget')],
    'ours',
    'budget of the service is used up',
  ],
  [
    'was refused by another limit',
    [status('refused', 'limit_subnet')],
    'user',
    'refused by a limit, and no message was sent: limit_subnet',
  ],
  [
    'was refused by the limit of a whole country',
    [status('refused', 'limit_country')],
    'ours',
    'refused by a limit, and no message was sent: limit_country',
  ],
  [
    'failed by SMS and by e-mail',
    [
      call('ccp', 'number', '160042'),
      status('moved', 'number'),
      call('email', 'number', 'EENVELOPE_550', 'email'),
      status('failed', 'number'),
    ],
    'user',
    'refused the stored address (EENVELOPE_550)',
  ],
  [
    'found no gateway by SMS, and a mail server that refuses the address',
    [
      call('ccp', 'config', '160031'),
      status('moved', 'no_gateway'),
      call('email', 'number', 'EENVELOPE_550', 'email'),
      status('failed', 'no_gateway'),
    ],
    'user',
    'refused the stored address (EENVELOPE_550)',
  ],
  [
    'is over the limit of a number, and whose mail failed for another reason',
    [
      call('ccp', 'number_limit', '160038'),
      status('moved', 'number_limit'),
      call('email', 'ambiguous', 'ETIMEDOUT', 'email'),
      status('failed', 'number_limit'),
    ],
    'user',
    'as its gateway allows: ccp (160038)',
  ],
  [
    'moved to e-mail, while the mail is tried again',
    [
      call('ccp', 'number_limit', '160038'),
      status('moved', 'number_limit'),
      call('email', 'retry_same', 'ETIMEDOUT', 'email'),
    ],
    'none',
    'One channel could not send the message (ccp (160038))',
  ],
  [
    'moved to e-mail, because no delivery receipt came',
    [call('ccp', 'accepted', '000000'), status('sent'), status('missing'), status('moved', 'missing')],
    'none',
    'One channel could not send the message (ccp (missing))',
  ],
  ['did not get into the queue', [status('failed', 'not_enqueued')], 'ours', 'Redis did not take the job'],
  [
    'met a proxy that does not connect',
    [call('ccp', 'switch_now', 'PROXY_503'), status('failed', 'late')],
    'ours',
    'Our HTTP proxy did not connect to the gateway: ccp (PROXY_503)',
  ],
  [
    'left late, because a gateway gave no clear answer',
    [
      call('ccp', 'ambiguous', 'HTTP_502'),
      { ...call('aliyun', 'accepted', 'OK'), at: 16_800 },
      status('sent'),
      status('delivered'),
    ],
    'user',
    'It left at most 16.8 s after the request. ccp (HTTP_502) gave no clear answer',
  ],
  [
    'left late, because no worker was there',
    [{ ...call('ccp', 'accepted', '0'), at: 9_000 }, status('sent'), status('delivered')],
    'user',
    'It left 9.0 s after the request. No worker had called',
  ],
  [
    'left in time, although one gateway was skipped',
    [
      call('ccp', 'skipped', 'BREAKER_OPEN'),
      { ...call('aliyun', 'accepted', 'OK'), at: 4_900 },
      status('sent'),
      status('delivered'),
    ],
    'user',
    'aliyun reports that the phone received the message. The code was not verified.',
  ],
  ['was replaced', [status('replaced')], 'none', 'A newer request of the same user replaced'],
  [
    'may have left late, after an unclear answer',
    [call('ccp', 'no_answer', ''), { ...status('sent'), at: 13_200 }, status('delivered')],
    'user',
    'It left at most 13.2 s after the request. A worker stopped during its call to ccp',
  ],
  [
    'got no clear answer of two gateways',
    [
      call('aliyun', 'ambiguous', 'HTTP_503'),
      call('aliyun', 'unknown', ''),
      call('tencent', 'ambiguous', 'ECONNRESET'),
      call('tencent', 'unknown', ''),
      status('failed', 'ambiguous'),
    ],
    'gateway',
    'tencent (ECONNRESET) and another gateway gave no clear answer',
  ],
  ['was damaged', [status('failed', 'unreadable')], 'ours', 'could not be read'],
  ['failed for a reason of a newer version', [status('failed', 'later')], 'gateway', 'No gateway accepted'],
  [
    'failed for a reason like a property of an object',
    [status('failed', 'toString')],
    'gateway',
    'No gateway accepted',
  ],
  [
    'was refused for a reason like a property of an object',
    [status('refused', 'toString')],
    'user',
    'by a limit',
  ],
]

describe('explain', () => {
  it.each(TOLD)('says what happened to a request that %s', (_, events, side, what) => {
    const told = explain({ at: 0, events }, 'en')
    expect(told.side).toBe(side)
    expect(told.what).toContain(what)
    expect(told.what + told.advice).not.toMatch(/\{|undefined/)
  })

  it.each(TOLD)('says the same in Chinese about a request that %s', (_, events, side) => {
    const told = explain({ at: 0, events }, 'zh')
    expect(told.side).toBe(side)
    expect(told.what).toMatch(/[一-鿿].*。$/)
    expect(told.what + told.advice).not.toMatch(/\{|undefined/)
  })

  it('shows a code that contains a pattern of a replacement as it is', () => {
    const events = [call('ccp', 'number', "$&$'"), status('failed', 'number')]
    expect(explain({ at: 0, events }, 'en').what).toContain("ccp ($&$') refuses")
  })

  it.each([
    '160014',
    '161002',
    '112350',
    'isv.OUT_OF_SERVICE',
    'FailedOperation.InsufficientBalanceInSmsPackage',
    'UnauthorizedOperation.SerivceSuspendDueToArrears',
  ])('takes the code %s for a balance that is used up', (code) => {
    const events = [call('a', 'config', code), status('failed', 'late')]
    expect(explain({ at: 0, events }, 'en').what).toContain(`a (${code}): our balance`)
  })

  it('has sentences of both languages for each status and each cause', () => {
    for (const entry of [...Object.values(ENDS), ...Object.values(CAUSES), ...Object.values(REFUSALS)])
      for (const sentence of entry.en) expect(sentence).toMatch(/^([A-Z{]|ops ).*\.$/)
  })
})
