// Sends one command to a Redis over a plain socket, because the launcher has no dependencies.
import { connect } from 'node:net'

/**
 * Returns the first chunk of the reply, unparsed.
 * @throws Error when no reply arrives in time
 */
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

/** Returns null when a Redis answers at the URL, otherwise the reason in a few words. */
export async function redisFault(url: string): Promise<string | null> {
  // Only a full client can query Sentinels or a Cluster, so the apps check those themselves.
  if (/^rediss?\+(sentinel|cluster):\/\//.test(url)) return null
  if (!URL.canParse(url)) return 'not a URL'
  const { protocol, hostname, port } = new URL(url)
  // The launcher does not know which certificates the apps trust.
  if (protocol === 'rediss:') return null
  if (protocol !== 'redis:') return 'not a redis:// or rediss:// URL'
  try {
    const reply = await askRedis(Number(port || 6379), hostname.replace(/^\[|\]$/g, ''), 'PING')
    // An error reply counts too: a Redis with a password refuses PING.
    return /^[+-]/.test(reply) ? null : 'the answer is not in the Redis protocol'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
