// An SMTP client for the tests. It reports a server's refusal as the code of its answer.
import { connect } from 'node:net'
import { createTransport } from 'nodemailer'
import type { Simulator } from './running-simulator.ts'

export const ADDRESS = 'li.lei@example.com'

type Options = { pool?: boolean; auth?: { user: string; pass: string }; timeoutMs?: number }

export async function smtpPortOf(simulator: Simulator): Promise<number> {
  const config = await simulator.get('/config.json')
  if (typeof config !== 'object' || config === null || !('smtp_port' in config)) throw new Error('no port')
  return Number(config.smtp_port)
}

export async function mailTo(simulator: Simulator, options: Options = {}) {
  const { pool = false, auth, timeoutMs = 10_000 } = options
  const common = { host: '127.0.0.1', port: await smtpPortOf(simulator), greetingTimeout: timeoutMs }
  const settings = { ...common, socketTimeout: timeoutMs, ...(auth === undefined ? {} : { auth }) }
  const transport = createTransport(pool ? { ...settings, pool: true } : settings)

  const send = (to = ADDRESS, text = '您的验证码是 482913,5 分钟内有效。', subject = '验证码 482913') =>
    transport.sendMail({
      from: 'sms-codes <codes@example.org>',
      to,
      subject,
      text,
      html: `<p>${text}</p>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Mailer': 'left out' },
    })

  return {
    send,
    /** The server's code, the client's error code for a lost connection, or null when the mail was accepted. */
    refusal: async (to?: string): Promise<number | string | null> => {
      try {
        await send(to)
        return null
      } catch (error) {
        return codeOf(error)
      }
    },
    close: () => transport.close(),
  }
}

/** The first line that the server sends, or '' when it closes the connection without one. */
export function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let heard = ''
    socket.on('data', (bytes) => {
      heard += bytes.toString('utf8')
      if (heard.includes('\n')) socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(heard))
  })
}

function codeOf(error: unknown): number | string {
  if (typeof error !== 'object' || error === null) return ''
  if ('responseCode' in error && typeof error.responseCode === 'number') return error.responseCode
  return 'code' in error ? String(error.code) : ''
}
