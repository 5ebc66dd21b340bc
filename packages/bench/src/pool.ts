import type { Answer } from './answer.ts'
import { openConnection, type Connection } from './connection.ts'

export type Pool = Awaited<ReturnType<typeof openPool>>

/** Opens connections that take requests in their order. A request waits while every connection is in use. */
export async function openPool(port: number, size: number) {
  const all = await Promise.all(Array.from({ length: size }, () => openConnection(port)))
  const free = [...all]
  const waiting: ((connection: Connection) => void)[] = []
  return {
    async ask(request: string): Promise<Answer> {
      const connection = free.pop() ?? (await new Promise<Connection>((resolve) => waiting.push(resolve)))
      try {
        return await connection.ask(request)
      } finally {
        const next = waiting.shift()
        if (next === undefined) free.push(connection)
        else next(connection)
      }
    },
    close: () => all.forEach((connection) => connection.close()),
  }
}
