import { get, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { toRecord } from '../test/json.ts'
import type { Channel } from './accounting.ts'

export type Arrival = { to: string; code: string; at: number; channel: Channel }

/** Reads every message and mail that reaches a user from the simulator's event stream. */
export async function openInbox(simulatorUrl: string, onArrival: (arrival: Arrival) => void) {
  const stream = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${simulatorUrl}/_sim/events?since=0`, { agent: false }, resolve).on('error', reject)
  })
  // The stream breaks when the simulator stops.
  stream.on('error', () => {})
  const lines = createInterface({ input: stream })
  lines.on('error', () => {})
  let isMail = false
  lines.on('line', (line) => {
    if (line === '') isMail = false
    else if (line === 'event: mail') isMail = true
    else if (line.startsWith('data: ')) {
      const { to, code, at } = toRecord(JSON.parse(line.slice('data: '.length)))
      onArrival({ to: String(to), code: String(code), at: Number(at), channel: isMail ? 'mail' : 'sms' })
    }
  })
  return { close: () => stream.destroy() }
}
