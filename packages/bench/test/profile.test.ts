import { describe, expect, it } from 'vitest'
import { functionOf, groupOf, topOf, type Profile } from '@sms-codes/bench/report/profile'

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber })

describe('the report of a CPU profile', () => {
  it.each([
    [frame('evalsha', 'file:///p/node_modules/ioredis/built/Redis.js'), 'ioredis'],
    [frame('serialize', 'file:///p/node_modules/fastify/node_modules/@fastify/x/index.js'), '@fastify/x'],
    [frame('write', 'node:internal/streams/writable'), 'node:streams'],
    [frame('connect', 'node:net'), 'node:net'],
    [frame('draw', 'file:///p/apps/api/dist/captcha/image.js'), 'apps/api/captcha'],
    [frame('open', 'file:///p/packages/core/dist/keyring.js'), 'packages/core/keyring.js'],
    [frame('(garbage collector)'), 'garbage collection'],
    [frame('writeUtf8String'), 'socket writes'],
    [frame('runMicrotasks'), 'native code'],
  ])('puts %j into the group %s', (callFrame, group) => {
    expect(groupOf(callFrame)).toBe(group)
  })

  it('adds the time of each function, without the time in which the process was idle', () => {
    const profile: Profile = {
      nodes: [
        { id: 1, callFrame: frame('(idle)') },
        { id: 2, callFrame: frame('draw', 'file:///p/apps/api/dist/captcha/image.js', 9) },
        { id: 3, callFrame: frame('draw', 'file:///p/apps/api/dist/captcha/image.js', 9) },
        { id: 4, callFrame: frame('(garbage collector)') },
      ],
      samples: [1, 2, 3, 4],
      timeDeltas: [5_000, 400, 200, 200],
    }
    expect(topOf(profile, functionOf)).toEqual([
      ['draw captcha/image.js:10', '75.0'],
      ['(garbage collector)', '25.0'],
    ])
  })
})
