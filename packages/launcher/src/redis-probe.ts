// One question to a Redis over a bare socket, because the launcher depends on no client.
import { connect } from 'node:net'

/** Answers with the first bytes of the reply; rejects when there is none in time. */
export function askRedis(port: number, host: string, command: string, timeoutMs = 2_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host })
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)))
    socket.on('connect', () => socket.write(`${command}\r\n`))
    socket.on('data', (reply) => {
      resolve(reply.toString())
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed without an answer')))
  })
}

/** Null when something that speaks Redis answers at the address, else the reason in a few words. */
export async function redisFault(url: string): Promise<string | null> {
  // Sentinels or a Cluster: many hosts, which only their client knows how to ask.
  if (/^rediss?\+(sentinel|cluster):\/\//.test(url)) return null
  if (!URL.canParse(url)) return 'not a URL'
  const { protocol, hostname, port } = new URL(url)
  if (protocol === 'rediss:') return null // Only its client knows which certificates it trusts.
  if (protocol !== 'redis:') return 'not a redis:// or rediss:// address'
  try {
    const reply = await askRedis(Number(port || 6379), hostname.replace(/^\[|\]$/g, ''), 'PING')
    // An error is an answer too: a Redis with a password refuses PING.
    return /^[+-]/.test(reply) ? null : 'it answers, but not as Redis does'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
