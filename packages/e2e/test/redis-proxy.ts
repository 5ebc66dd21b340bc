import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

/**
 * A proxy for Redis that can lose an answer: Redis runs the command, and the client never gets the reply. All
 * later replies on that connection are lost too.
 */
export async function openRedisProxy(port: number) {
  const ends = new Set<Socket>()
  let lose: { about: string; done: () => void } | null = null

  const server = createServer((client) => {
    const redis = connect(port, '127.0.0.1')
    let lost: (() => void) | null = null
    for (const end of [client, redis]) {
      ends.add(end)
      end.on('error', () => {}).on('close', () => [client.destroy(), redis.destroy()])
    }
    client.on('data', (asked) => {
      if (lose !== null && asked.includes(lose.about)) [lost, lose] = [lose.done, null]
      redis.write(asked)
    })
    redis.on('data', (answer) => {
      if (lost === null) client.write(answer)
      else lost()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = addressOf(server.address())

  return {
    url: `redis://127.0.0.1:${own}`,
    /** Resolves when Redis has answered the next command that contains this key. The client does not get that reply. */
    loseAnswerAbout: (about: string) => new Promise<void>((done) => (lose = { about, done })),
    close(): void {
      server.close()
      for (const end of ends) end.destroy()
    },
  }
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new TypeError('a server without a port')
  return address
}
