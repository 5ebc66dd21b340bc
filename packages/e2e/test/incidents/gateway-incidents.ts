import { expect } from 'vitest'
import { aMobile } from '../system.ts'
import { PATIENCE, type Desk, type Incident, type Sent } from './incident.ts'

// Incidents whose cause lies with a gateway, the number or the mail server.

const BOTH = { SMS_GATEWAYS: 'ccp,aliyun' }
const requestOf = ({ id }: Sent) => ['request', id]

/** A worker with one gateway, which answers every call with this fault, and a send that ends with `status`. */
const withFault =
  (fault: string, status: string, more: object = {}) =>
  async ({ system, startWorker, send }: Desk) => {
    await system.fault(fault, 0)
    await startWorker()
    const sent = await send(more)
    await expect.poll(sent.status, PATIENCE).toBe(status)
    return requestOf(sent)
  }

/** Requests a code for a phone with a verified mail address. */
async function sendWithContact({ system, send }: Desk): Promise<Sent> {
  const mobile = aMobile()
  const contact = { email: `owner${mobile.slice(-4)}@mail.example`, verified_at: '2026-11-01T00:00:00Z' }
  await system.asBackend('PUT', `/v1/contacts/${mobile}`, contact)
  return send({ scene: 'mailed' }, mobile)
}

export const GATEWAY_INCIDENTS: readonly Incident[] = [
  {
    name: 'vendor-balance-empty',
    symptom: 'No code arrives, for any user.',
    arrange: withFault('160014', 'failed', { scene: 'hasty' }),
    shows: [/160014/, /balance/],
  },
  {
    name: 'template-refused',
    symptom: 'No code arrives since the text was changed.',
    arrange: withFault('160037', 'failed', { scene: 'hasty' }),
    shows: [/template/, /refused the template/],
  },
  {
    name: 'number-refused',
    symptom: 'One user gets no code, with any attempt.',
    arrange: withFault('160042', 'failed'),
    shows: [/160042/, /refuses this number/],
  },
  {
    name: 'vendor-limit-of-a-number',
    symptom: 'One user gets no code after many attempts.',
    arrange: withFault('160040', 'failed'),
    shows: [/number_limit/, /as many messages as its gateway allows/],
  },
  {
    name: 'first-gateway-down',
    symptom: 'Codes arrive late.',
    arrange: async ({ system, startWorker, send }) => {
      await system.fault('http_502', 0)
      await startWorker(BOTH)
      const sent = await send()
      await expect.poll(sent.status, PATIENCE).toBe('delivered')
      return requestOf(sent)
    },
    shows: [/sms +ccp +HTTP_502/, /accepted +sms +aliyun/, /s after the request\. ccp \(HTTP_502\)/],
  },
  {
    name: 'breaker-open',
    symptom: 'A send never calls the first gateway.',
    arrange: async ({ system, startWorker, send, ops }) => {
      await system.fault('160014', 0)
      await startWorker(BOTH)
      let sent = await send()
      // The breaker lets one send through after five seconds, and the next one finds it open again.
      const explained = async () => {
        await expect.poll(sent.status, PATIENCE).toBe('delivered')
        sent = await send()
        await expect.poll(sent.status, PATIENCE).toBe('delivered')
        return ops(...requestOf(sent))
      }
      await expect.poll(explained, PATIENCE).toContain('BREAKER_OPEN')
      return requestOf(sent)
    },
    shows: [/BREAKER_OPEN/, /accepted +sms +aliyun/],
  },
  {
    name: 'all-gateways-down',
    symptom: 'Codes did not arrive between three and half past three.',
    arrange: async ({ system, startWorker, send, ops }) => {
      await system.fault('down', 0)
      await system.fault('down', 0, 0, 'aliyun')
      await startWorker(BOTH)
      const sent = await send({ scene: 'hasty' })
      await expect.poll(sent.status, PATIENCE).toBe('failed')
      const args = ['failures', '--since', '10m', '--reason', 'late']
      // Sends of earlier incidents were late too.
      await expect.poll(() => ops(...args)).toContain(sent.id)
      return args
    },
    shows: [/sms +late +(ccp|aliyun) +ECONNRESET/],
  },
  {
    name: 'unclear-answer',
    symptom: 'A code came some seconds late.',
    arrange: async ({ system, startWorker, send }) => {
      await system.fault('accept_rst', 1, 0, 'aliyun')
      await system.fault('http_500', 0, 0, 'ccp')
      await startWorker({ SMS_GATEWAYS: 'aliyun,ccp' })
      const sent = await send()
      await expect.poll(sent.status, PATIENCE).toBe('delivered')
      return requestOf(sent)
    },
    shows: [/ambiguous +sms +aliyun/, /delivered/],
  },
  {
    name: 'undelivered',
    symptom: 'One user gets no code, and the gateway accepted it.',
    arrange: async ({ system, startWorker, send }) => {
      await system.fault('undelivered', 1)
      await startWorker()
      const sent = await send()
      await expect.poll(sent.status, PATIENCE).toBe('failed')
      return requestOf(sent)
    },
    shows: [/undelivered/, /the phone did not get it/],
  },
  {
    name: 'receipts-missing',
    symptom: 'The dashboard shows no delivered messages any more.',
    arrange: async ({ system, startWorker, send, ops }) => {
      await system.fault('no_receipt', 0)
      await startWorker()
      const sent = await send({ scene: 'watched' })
      await expect.poll(() => ops(...requestOf(sent)), PATIENCE).toContain('missing')
      return requestOf(sent)
    },
    shows: [/missing/, /no delivery receipt came in time/],
  },
  {
    name: 'fell-back-to-mail',
    symptom: 'A user waits for an SMS.',
    arrange: async (desk) => {
      await desk.system.fault('160014', 0)
      await desk.startWorker()
      const sent = await sendWithContact(desk)
      await expect.poll(sent.status, PATIENCE).toBe('fell_back')
      return requestOf(sent)
    },
    shows: [/160014/, /fell_back/, /mail/],
  },
  {
    name: 'mail-bounced',
    symptom: 'A user has neither SMS nor mail.',
    arrange: async (desk) => {
      await desk.system.fault('160042', 0)
      await desk.system.mailFault('bad_address', 0)
      await desk.startWorker()
      const sent = await sendWithContact(desk)
      await expect.poll(sent.status, PATIENCE).toBe('failed')
      return requestOf(sent)
    },
    shows: [/160042/, /EENVELOPE_550/, /refused the stored address/],
  },
]
