// Middleware for Express and Fastify. The types name only what it uses, so neither has to be installed.
import { ReceiptError, type Claims, type ReceiptCheck } from './receipts.ts'

declare global {
  namespace Express {
    interface Request {
      receipt?: Claims
    }
  }
}

type Incoming = { body?: unknown; receipt?: Claims }
type Refused = { status: 400 | 503; answer: { error: string; message: string } }

type ExpressResponse = { status(status: number): { json(body: unknown): unknown } }
type FastifyReply = { code(status: number): { send(body: unknown): unknown } }

/** Checks the field `receipt` of the body, and puts its claims into `request.receipt`. */
async function readReceipt(check: ReceiptCheck, request: Incoming): Promise<Refused | null> {
  const { body } = request
  try {
    request.receipt = await check(
      typeof body === 'object' && body !== null && 'receipt' in body ? body.receipt : undefined,
    )
    return null
  } catch (err) {
    if (!(err instanceof ReceiptError)) throw err
    const { message, reason } = err
    return { status: reason === 'keys_unreachable' ? 503 : 400, answer: { error: reason, message } }
  }
}

/** For Express, after a parser of the body. */
export const expressReceipt =
  (check: ReceiptCheck) =>
  async (request: Incoming, response: ExpressResponse, next: (err?: unknown) => void): Promise<void> => {
    try {
      const refused = await readReceipt(check, request)
      if (refused === null) next()
      else response.status(refused.status).json(refused.answer)
    } catch (err) {
      next(err)
    }
  }

/** For Fastify, as a `preHandler`. */
export const fastifyReceipt =
  (check: ReceiptCheck) =>
  async (request: Incoming, reply: FastifyReply): Promise<unknown> => {
    const refused = await readReceipt(check, request)
    return refused === null ? undefined : reply.code(refused.status).send(refused.answer)
  }
