import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { FastifyAdapter } from '@bull-board/fastify'
import type { Queue } from 'bullmq'
import { EVENTS_QUEUE, SendEvent } from '@sms-codes/core/queues/events'
import { SendJob } from '@sms-codes/core/queues/send-queue'
import { createDataMask } from './mask.ts'

type BoardOptions = {
  queues: readonly Queue[]
  /** Whether the board shows a queue. Bull Board asks at every request. */
  isShown: (queue: string) => Promise<boolean>
  /** Whether any operator may write. */
  writable: boolean
  /** The path at which a browser finds the board. */
  basePath: string
}

/** Makes a Fastify plugin of Bull Board, served at `/`. app.ts adds the login and masks the answers. */
export function bullBoard({ queues, isShown, writable, basePath }: BoardOptions) {
  const serverAdapter = new FastifyAdapter()
  serverAdapter.setBasePath(basePath)
  createBullBoard({
    serverAdapter,
    queues: queues.map((queue) => {
      const adapter = new BullMQAdapter(queue, { readOnlyMode: !writable })
      const { properties } = queue.name === EVENTS_QUEUE ? SendEvent : SendJob
      adapter.setFormatter('data', createDataMask(properties))
      adapter.setVisibilityGuard(() => isShown(queue.name))
      return adapter
    }),
    options: {
      uiConfig: {
        boardTitle: 'sms-codes',
        hideRedisDetails: true,
        hideDocsLink: true,
        miscLinks: [{ text: 'Messages · 短信', url: `${basePath}/messages` }],
        // The list of workers would show addresses, and costs a CLIENT LIST per queue every few seconds.
        showWorkers: false,
      },
    },
  })
  // Bull Board would answer with the text of the error. Thrown again, the error goes to error-handler.ts.
  serverAdapter.setErrorHandler((err) => {
    throw err
  })
  return serverAdapter.registerPlugin()
}

/**
 * Changes an answer for an operator without write access, so that the page shows no buttons. Bull Board's own option,
 * `readOnlyMode`, is the same for all operators.
 */
export function readOnlyView(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null || !('queues' in answer)) return answer
  const { queues } = answer
  if (!Array.isArray(queues)) return answer
  const off = { readOnlyMode: true, allowRetries: false, allowCompletedRetries: false }
  return { ...answer, queues: queues.map((queue: object) => ({ ...queue, ...off })) }
}
