import { expect, test } from 'vitest'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { runOps, someEnv } from './ops.ts'

const policy = (settings: object) => ({ POLICY_FILE: policyFile(settings) })

const env = someEnv()
const NUMBER = '13800138000'
const REQUEST_ID = `-${'a'.repeat(21)}.${'b'.repeat(22)}`

test.for<[string[], RegExp]>([
  [[], /a command is missing/],
  [['nonsense'], /unknown command/],
  [[NUMBER], /unknown command/],
  [['status', '--nonsense', 'x'], /Unknown option '--nonsense'/],
  [['drain', '--wait'], /argument missing/],
  [['status', '--watch=3'], /does not take an argument/],
  [['status', NUMBER], /unexpected argument/],
  [['status', `--${NUMBER}`], /Unknown option '--\*'/],
  [['status', '--123456'], /Unknown option '--\*'/],
  [['status', '-123456'], /Unknown option '-\*'/],
  [['drain', '--wait', '0s'], /--wait: must be a time/],
  [['drain', '--wait', '5'], /--wait: must be a time/],
  [['drain', '--wait', '9999999d'], /--wait: must be a time/],
  [['drain', 'sms'], /unexpected argument/],
  [['resume', 'sms'], /unexpected argument/],
  [['lists', 'deny'], /unexpected argument/],
  [['block'], /network, segment or pseudonym is missing/],
  [['block', '10.0.0.0/99'], /not a network, number segment/],
  [['block', '0.0.0.0/0'], /not a network, number segment/],
  [['block', NUMBER], /use --mobile for a whole number/],
  [['block', '10.0.0.1', '10.0.0.2'], /takes one network/],
  [['block', '10.0.0.1', '--for', 'ever'], /--for: must be a time/],
  [['block', '10.0.0.1', '--reason', 'x'.repeat(201)], /--reason: must be one line/],
  [['block', '10.0.0.1', '--reason', 'a\u001B[2Jb'], /--reason: must be one line/],
  [['block', '10.0.0.1', '--mobile', NUMBER], /unexpected argument/],
  [['block', '--mobile', '12800138000'], /not a mobile number/],
  [['allow', '--mobile', '+86 21 12345678'], /not a mobile number/],
  [['block', '+85291234567'], /use --mobile for a whole number/],
  [['block', '10.0.0.1'], /needs --for or --reason, or --yes/],
  [['gateway', 'stop', 'ccp'], /takes off, on or no argument/],
  [['gateway', 'off'], /name of the gateway is missing/],
  [['gateway', 'off', 'ccp', 'aliyun'], /takes one gateway/],
  [['gateway', 'on', 'ccp', '--for', '1h'], /--for belongs to "gateway off"/],
  [['gateway', 'off', 'ccp', '--for', '1'], /--for: must be a time/],
  [['gateway', 'off', 'ccp', '--reason', 'a\nb'], /--reason: must be one line/],
  [['audit', 'x'], /unexpected argument/],
  [['config', 'x'], /unexpected argument/],
  [['audit', '--since', 'ever'], /--since: must be a time/],
  [['audit', '--what', 'all'], /--what: must be one of operator, board, guard, list/],
  [['audit', '--what', 'constructor'], /--what: must be one of/],
  [['audit', '--most', '0'], /--most: must be a number from 1 to 10000/],
  [['unlist'], /is missing/],
  [['phone'], /mobile number is missing/],
  [['phone', `${NUMBER}0`], /not a mobile number/],
  [['phone', NUMBER, NUMBER], /takes one mobile number/],
  [['phone', NUMBER, '--most', '21'], /--most: must be a number from 1 to 20/],
  [['phone', NUMBER, '--most', '0'], /--most: must be a number/],
  [['phone', NUMBER, '--most', '1.5'], /--most: must be a number/],
  [['request'], /request id is missing/],
  [['request', NUMBER], /not a request id/],
  [['request', `${REQUEST_ID}x`], /not a request id/],
  [['request', REQUEST_ID, REQUEST_ID], /takes one request id/],
  [['request', `--${NUMBER}`], /Unknown option '--\*'/],
  [['failures', NUMBER], /unexpected argument/],
  [['failures', '--since', '0s'], /--since: must be a time/],
  [['failures', '--reason', NUMBER], /--reason: must be one of late, .*number/],
  [['failures', '--gateway', NUMBER], /--gateway: must be one of console, email/],
  [['failures', '--most', '1001'], /--most: must be a number from 1 to 1000/],
  [['erase', NUMBER], /needs --yes/],
  [['erase', '138', '0013', '8000', '--yes'], /takes one mobile number/],
  [['send-test', NUMBER, '--scene', 'unknown'], /--scene: must be one of default, register/],
  [['send-test', NUMBER, '--wait', 'long'], /--wait: must be a time/],
  [['send-test', '+85291234567'], /does not serve the country/],
  [['send-test', '１２８００１３８０００'], /not a mobile number/],
])('%j is wrong usage, and the error says what to do', async ([args, message]) => {
  const { code, stdout, stderr } = await runOps(env, args)
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/--help/)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).not.toContain(REQUEST_ID.slice(1))
})

test.for(['', ' ', 'abc\n', '13800138000\n13800138001\n'])(
  '%j on standard input is not a number',
  async (input) => {
    const { code, stderr } = await runOps(env, ['phone', '-'], { input })
    expect(stderr).toMatch(/not a mobile number/)
    expect(code).toBe(2)
  },
)

test.for<[string[], Record<string, string>, RegExp]>([
  [['phone', NUMBER], { PHONE_KEY: '' }, /PHONE_KEY: is missing/],
  [['phone', NUMBER], { PHONE_KEY: 'hushhush' }, /PHONE_KEY: must be 32 random bytes/],
  [['phone', NUMBER], policy({ scenes: { login: {} } }), /:2 scenes: must have the scene default/],
  [['status'], { REDIS_URL: 'http://127.0.0.1' }, /REDIS_URL: /],
  [['status'], { REDIS_URL: 'redis://:hushhush@[' }, /REDIS_URL: must be an address/],
  [
    ['send-test', NUMBER],
    policy({ budget: { messages: ['many'] } }),
    /:4 budget\.messages\.0: has the wrong form/,
  ],
  [['status'], { POLICY_FILE: '/no/such/file' }, /POLICY_FILE: the file cannot be read/],
])('%j with %j is a configuration fault', async ([args, more, message]) => {
  const { code, all } = await runOps(env, args, { env: more })
  expect(all).toMatch(message)
  expect(all).not.toContain('hushhush')
  expect(code).toBe(78)
})

test.for([
  ['status'],
  ['lists'],
  ['audit'],
  ['gateway'],
  ['drain'],
  ['resume'],
  ['block', '170', '--yes'],
  ['phone', NUMBER],
  ['request', REQUEST_ID],
  ['failures'],
])('%j fails without Redis, and the error names the address and not the password', async (args) => {
  const { code, all } = await runOps(env, args, { env: { REDIS_URL: 'redis://:hushhush@127.0.0.1:1' } })
  expect(all).toMatch(/127\.0\.0\.1:1 .*REDIS_URL/)
  expect(all).not.toContain('hushhush')
  expect(code).toBe(1)
})

test.for([['status'], ['request', REQUEST_ID], ['failures']])('%j needs no key', async (args) => {
  const { all } = await runOps({ REDIS_URL: 'redis://127.0.0.1:1' }, args)
  expect(all).not.toContain('PHONE_KEY')
})

test.for([
  'status',
  'drain',
  'resume',
  'block',
  'allow',
  'unlist',
  'lists',
  'phone',
  'request',
  'failures',
  'erase',
  'send-test',
  'gateway',
  'audit',
  'config',
])('%s has its own help', async (name) => {
  const { code, stdout } = await runOps({}, [name, '--help'])
  expect(stdout).toMatch(new RegExp(`^${name}\\b`))
  expect(code).toBe(0)
  expect((await runOps({}, ['--help'])).stdout).toContain(`  ${name} `)
})
