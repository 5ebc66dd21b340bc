import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import type { Queue } from 'bullmq'
import { createDataMask } from './mask.ts'
import { WATCHED } from './queues.ts'

/**
 * Bull Board as a Fastify plugin, served at `/`. Authentication and the masking of answers are the app's.
 * @param writable whether there is anybody who may write
 * @param basePath where the browser finds it
 */
export function bullBoard(queues: readonly Queue[], writable: boolean, basePath: string) {
  const serverAdapter = new FastifyAdapter()
  serverAdapter.setBasePath(basePath)
  createBullBoard({
    serverAdapter,
    queues: queues.map((queue) => {
      const { data = {}, description = '' } = WATCHED[queue.name] ?? {}
      const adapter = new BullMQAdapter(queue, { readOnlyMode: !writable, description })
      adapter.setFormatter('data', createDataMask(data))
      return adapter
    }),
    options: {
      uiConfig: {
        boardTitle: 'sms-codes',
        hideRedisDetails: true,
        hideDocsLink: true,
        // The list would show addresses, and costs a CLIENT LIST a queue every few seconds.
        showWorkers: false,
      },
    },
  })
  // Bull Board would answer with the error's own text: the app has an error handler for that.
  serverAdapter.setErrorHandler((err) => {
    throw err
  })
  return serverAdapter.registerPlugin()
}

/**
 * An answer for who may not write: its page shows no buttons. Bull Board itself has only queues that are
 * read-only for everybody.
 */
export function readOnlyView(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('queues' in answer)) return answer
  const { queues } = answer
  if (!Array.isArray(queues)) return answer
  const off = { readOnlyMode: true, allowRetries: false, allowCompletedRetries: false }
  return { ...answer, queues: queues.map((queue: object) => ({ ...queue, ...off })) }
}
