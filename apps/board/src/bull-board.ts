import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import type { Queue } from 'bullmq'
import { maskData } from './mask.ts'

/** Bull Board as a Fastify plugin, served at `/`. Authentication and the masking of answers are the app's. */
export function bullBoard(queues: readonly Queue[], writable: boolean) {
  const serverAdapter = new FastifyAdapter()
  createBullBoard({
    serverAdapter,
    queues: queues.map((queue) => {
      const adapter = new BullMQAdapter(queue, { readOnlyMode: !writable })
      adapter.setFormatter('data', maskData)
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
