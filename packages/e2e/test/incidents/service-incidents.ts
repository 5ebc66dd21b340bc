import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { aMobile, wrong } from '../system.ts'
import { PATIENCE, type Desk, type Incident } from './incident.ts'

// Incidents whose cause lies with an operator, a limit, a user or a process of the service.

/** Requests a code for this phone, which is refused. */
async function refused({ request }: Desk, mobile: string): Promise<void> {
  const { httpStatus } = await request(mobile)
  if (httpStatus === 202) throw new Error('the send was accepted')
}

async function codeIn({ system }: Desk, mobile: string): Promise<string> {
  const newest = async () => (await system.outbox(mobile)).at(-1)?.code ?? ''
  await expect.poll(newest, PATIENCE).not.toBe('')
  return newest()
}

export const SERVICE_INCIDENTS: readonly Incident[] = [
  {
    name: 'number-blocked',
    symptom: 'One user gets no code, and the page says "too often".',
    arrange: async (desk) => {
      const mobile = aMobile()
      await desk.ops('block', '--mobile', mobile, '--for', '1h', '--reason', 'ticket 17')
      await refused(desk, mobile)
      return ['phone', mobile]
    },
    shows: [/deny/],
  },
  {
    name: 'asked-too-often',
    symptom: 'One user gets no further code.',
    arrange: async (desk) => {
      await desk.startWorker()
      const { mobile, status } = await desk.send()
      await expect.poll(status, PATIENCE).toBe('delivered')
      await refused(desk, mobile)
      return ['phone', mobile]
    },
    shows: [/limit_phone/, /next send/],
  },
  {
    name: 'wrong-codes',
    symptom: 'The page says that the code is wrong.',
    arrange: async (desk) => {
      await desk.startWorker()
      const { mobile, id } = await desk.send()
      const code = await codeIn(desk, mobile)
      for (let i = 0; i < 5; i += 1) await desk.system.verify(mobile, wrong(code), { request_id: id })
      return ['phone', mobile]
    },
    shows: [/wrong codes in 24 hours: 5 with a request id/],
  },
  {
    name: 'code-used',
    symptom: 'The page says that the code is wrong, and the user is sure.',
    arrange: async (desk) => {
      await desk.startWorker()
      const { mobile, id } = await desk.send()
      const code = await codeIn(desk, mobile)
      await desk.system.verify(mobile, code, { request_id: id })
      await desk.system.verify(mobile, code, { request_id: id })
      return ['request', id]
    },
    shows: [/used/, /verified/],
  },
  {
    name: 'code-expired',
    symptom: 'The page says that the code is wrong, and the user entered the newest code.',
    arrange: async (desk) => {
      const policy = { scenes: { default: { life: '60s', send_within: '10s' } } }
      const api = await desk.system.startApi({}, 0, policy)
      desk.later(() => api.process.stop())
      await desk.startWorker({}, policy)
      const { mobile, id, status } = await desk.send({}, aMobile(), api.url)
      const code = await codeIn(desk, mobile)
      await expect.poll(status, { timeout: 90_000 }).toBe('expired')
      await desk.system.verify(mobile, code, { request_id: id })
      return ['phone', mobile]
    },
    shows: [/^default +expired +sms +1 +no /m],
  },
  {
    name: 'budget-spent',
    symptom: 'No user gets a code, and the page says "temporarily unavailable".',
    arrange: async (desk) => {
      const api = await desk.system.startApi({}, 0, { budget: { messages: ['1/1h'] } })
      desk.later(() => api.process.stop())
      await desk.request(aMobile(), {}, api.url)
      const mobile = aMobile()
      await desk.request(mobile, {}, api.url)
      return ['phone', mobile]
    },
    shows: [/budget/],
  },
  {
    name: 'queue-paused',
    symptom: 'No user gets a code since the maintenance.',
    arrange: async (desk) => {
      await desk.startWorker()
      await desk.ops('drain')
      desk.later(() => desk.ops('resume'))
      return ['status']
    },
    shows: [/PAUSED/i, /resume/],
  },
  {
    name: 'no-worker',
    symptom: 'No user gets a code.',
    arrange: async (desk) => {
      await desk.send()
      return ['status']
    },
    shows: [/no worker/i],
  },
  {
    name: 'gateway-switched-off',
    symptom: 'Codes come from another sender.',
    arrange: async (desk) => {
      await desk.startWorker({ SMS_GATEWAYS: 'ccp,aliyun' })
      await desk.ops('gateway', 'off', 'ccp', '--for', '1h', '--reason', 'maintenance of the vendor')
      desk.later(() => desk.ops('gateway', 'on', 'ccp'))
      const sendAgain = async () => {
        const { id, status } = await desk.send()
        await expect.poll(status, PATIENCE).toBe('delivered')
        return desk.ops('request', id)
      }
      await expect.poll(sendAgain, PATIENCE).toContain('SWITCHED_OFF')
      return ['status']
    },
    shows: [/ccp.*off/i],
  },
  {
    name: 'wrong-key',
    symptom: 'Half of the codes do not arrive.',
    arrange: async (desk) => {
      const other = `k2:${randomBytes(32).toString('base64')}`
      await desk.startWorker({ CODE_KEYS: `${other},${desk.system.env['CODE_KEYS'] ?? ''}` })
      return ['status']
    },
    shows: [/k2/],
  },
  {
    name: 'worker-killed',
    symptom: 'One code came late.',
    arrange: async (desk) => {
      await desk.system.fault('accept_hang', 1, 0, 'ccp')
      const worker = await desk.startWorker()
      const { mobile, id, status } = await desk.send()
      await codeIn(desk, mobile)
      await worker.process.kill()
      await desk.startWorker()
      await expect.poll(status, PATIENCE).toBe('delivered')
      return ['request', id]
    },
    shows: [/no_answer/],
  },
  {
    name: 'other-policy',
    symptom: 'One of two servers sends with the old template.',
    arrange: async (desk) => {
      await desk.startWorker()
      await desk.startWorker({}, { gateways: { ccp: { rate: 50 } } })
      return ['config']
    },
    shows: [/^worker .* gateways$/m],
  },
]
