import { toRecords } from './json.ts'

export type Message = { to: string; code: string; minutes: number; gateway: string; at: number; echo: string }

/** The control routes of the simulator: received messages and mails, and faults. */
export function createSimulatorClient(url: string) {
  async function control(path: string, body: unknown = {}): Promise<void> {
    const init = {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }
    const response = await fetch(`${url}/_sim/${path}`, init)
    if (!response.ok) throw new Error(`/_sim/${path} answered ${response.status}`)
  }
  const list = async (path: string) => toRecords(await (await fetch(`${url}/_sim/${path}`)).json())

  return {
    /** The messages that this number has received; without a number, all messages. */
    async outbox(mobile = ''): Promise<Message[]> {
      const messages = await list(`outbox${mobile === '' ? '' : `?to=${mobile}`}`)
      return messages.map(toMessage)
    },
    /** All messages, with everything that the simulator knows of them. */
    messages: () => list('outbox'),
    /** The mails in this mailbox. */
    mails: (to: string) => list(`mails?to=${encodeURIComponent(to)}`),
    fault: (fault: string, times = 1, delay_ms = 0, gateway = 'ccp') =>
      control('script', { gateway, fault, times, delay_ms }),
    mailFault: (fault: string, times = 1, delay_ms = 0) => control('mail_script', { fault, times, delay_ms }),
    clearMailFaults: () => control('mail_script/clear'),
    clearFaults: (gateway: string) => control('script/clear', { gateway }),
    resetSimulator: () => control('reset'),
  }
}

function toMessage({ to, code, minutes, gateway, at, echo }: Record<string, unknown>): Message {
  return {
    to: String(to),
    code: String(code),
    minutes: Number(minutes),
    gateway: String(gateway),
    at: Number(at),
    echo: String(echo),
  }
}
