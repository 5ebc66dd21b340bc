import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { outcomeClasses } from '@sms-codes/gateways/gateway'
import { createWorkerMetrics } from '../src/worker-metrics.ts'

const linesOf = async (gateways: { sms: string[]; email: string[] }) => {
  const registry = new Registry()
  createWorkerMetrics(registry, gateways)
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith('sms_'))
}

it('counters of calls and ends start at 0, because a series that begins at 1 shows no increase', async () => {
  const lines = await linesOf({ sms: ['ccp', 'aliyun'], email: ['email'] })
  const gateways = [
    ['sms', 'ccp', 'sent'],
    ['sms', 'aliyun', 'sent'],
    ['email', 'email', 'fell_back'],
  ]
  for (const [channel, gateway, status] of gateways) {
    for (const outcome of outcomeClasses)
      expect(lines).toContain(
        `sms_gateway_calls_total{channel="${channel}",gateway="${gateway}",class="${outcome}"} 0`,
      )
    for (const reason of ['breaker_open', 'rate_full', 'quota_full'])
      expect(lines).toContain(`sms_gateway_skips_total{gateway="${gateway}",reason="${reason}"} 0`)
    expect(lines).toContain(`sms_doubts_total{gateway="${gateway}"} 0`)
    expect(lines).toContain(`sms_gateway_call_duration_seconds_count{gateway="${gateway}"} 0`)
    expect(lines.join()).not.toContain('class="skipped"')
    expect(lines).toContain(`sms_sends_ended_total{status="${status}",by="${gateway}"} 0`)
  }
  for (const by of ['late', 'unreadable', 'job_failed', 'undelivered', 'ambiguous', 'number', 'number_limit'])
    expect(lines).toContain(`sms_sends_ended_total{status="failed",by="${by}"} 0`)
  expect(lines).toContain('sms_sends_ended_total{status="sent",by="used"} 0')
  expect(lines).toContain('sms_send_seconds_count 0')
  expect(lines).toContain('sms_second_messages_total 0')
})

it('a worker without the SMS channel has no series for SMS gateways', async () => {
  const lines = await linesOf({ sms: [], email: ['email'] })
  expect(lines.filter((line) => line.includes('channel="sms"'))).toEqual([])
})

it('the wait of a send is not negative if the clock of the API is ahead', async () => {
  const registry = new Registry()
  createWorkerMetrics(registry, { sms: [], email: [] }).took(-60)
  expect(await registry.metrics()).toContain('sms_send_seconds_sum 0')
})
