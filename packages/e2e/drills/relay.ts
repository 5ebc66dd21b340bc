import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from '@sms-codes/launcher/ports'

export type Relay = Awaited<ReturnType<typeof openRelay>>

/** A port in front of a vendor. While it is down, connections are refused, as by a host whose service has ended. */
export async function openRelay(targetPort: () => number) {
  const port = await freePort()
  const ends = new Set<Socket>()
  let server: Server | null = null

  async function up(): Promise<void> {
    server = createServer((client) => {
      const target = connect(targetPort(), '127.0.0.1')
      for (const end of [client, target]) {
        ends.add(end)
        end
          .on('error', () => {})
          .on('close', () => {
            ends.delete(end)
            client.destroy()
            target.destroy()
          })
      }
      client.pipe(target).pipe(client)
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  function down(): void {
    server?.close()
    for (const end of ends) end.destroy()
  }
  await up()
  return { port, up, down }
}
