import { parseArgs } from 'node:util'
import { peekCodes, type RequestStatus } from '@sms-codes/core/codes/request-status'
import { readSendId, type SendId } from '@sms-codes/core/codes/send'
import { explain } from '@sms-codes/core/history/explain'
import { readHistory, type PastRequest } from '@sms-codes/core/history/history'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { onePositional, OpsError, usageError, type Command } from '../args.ts'
import { loadStoreConfig, type StoreConfig } from '../config.ts'
import { isUsed, showEvents } from '../history-lines.ts'
import { withStore } from '../store.ts'

const SIDES = {
  ours: 'The cause is on our side. ',
  gateway: 'The cause is at the gateway. ',
  number: "The cause is the user's number. ",
  user: 'The cause is on the side of the user. ',
  none: '',
}

export const request: Command = {
  summary: 'show what happened to a request, why, and what to do',
  help: `request <request id>

Shows each answer of a gateway and each change of status of one request with its time, and explains the result: what
happened, whose side the cause is on, and what to do. The id is the one that the API answered, or the "rid" of the logs,
which names all sends of one code. The id of a job ends with the number of a send and shows that send. Needs no key,
because the id contains the pseudonym of the phone.
`,
  async run(args, { env, terminal }) {
    // A request id may begin with a dash and is no option then. No option has a dot.
    const words = args.some((arg) => arg.includes('.')) ? ['--', ...args] : args
    const { positionals } = parseArgs({ args: words, allowPositionals: true, options: {} })
    const send = readSendId(onePositional(positionals, 'request id'))
    if (send === null)
      throw usageError(
        'not a request id: expected two times 22 letters, digits, - or _, with a dot between them, and perhaps a dot and the number of the send',
      )
    const { id, n, ph } = send
    const config = loadStoreConfig(env)
    await withStore(config, async ({ redis }) => {
      const history = await readHistory(redis, ph, config.historyHours)
      const found = history.filter((one) =>
        n === null ? one.requestId === id || one.rid === id : one.rid === id && one.n === n,
      )
      if (found.length === 0) throw new OpsError(await whyUnknown(redis, send, config))
      found.toReversed().flatMap(showRequest).forEach(terminal.say)
    })
  },
}

function showRequest(past: PastRequest, i: number): string[] {
  const { scene, n, rid, requestId } = past
  const { what, side, advice } = explain(past, 'en')
  const inLogs = rid === requestId ? '' : `, in the logs ${rid}`
  const used = isUsed(past) ? 'code used' : 'code not used'
  return [
    ...(i > 0 ? [''] : []),
    `request ${requestId}`,
    `scene ${scene}, send ${n}, ${used}${inLogs}`,
    '',
    ...showEvents(past),
    '',
    what,
    `${SIDES[side]}${advice}`,
  ]
}

/** Says why a request may have no history, and the status in its code record if that still exists. @throws StoreError */
async function whyUnknown(redis: RedisClient, { id, ph }: SendId, { policy }: StoreConfig) {
  const hours = policy.history_hours
  const codes = await peekCodes(redis, ph, Object.keys(policy.scenes))
  const code = codes.find(({ requestIds }) => requestIds.includes(id))
  return [
    'no history of this request. Possible reasons:',
    hours === 0
      ? '  the history is off (history_hours: 0)'
      : `  it is older than ${hours} h (history_hours), or its phone has had 20 later requests`,
    '  the data of its phone was erased',
    '  REDIS_URL is not the Redis of the API',
    '  the id is wrong',
    ...(code === undefined ? [] : [showRecord(code.scene, code.request)]),
  ].join('\n')
}

const showRecord = (scene: string, { status, channel, reason }: RequestStatus) =>
  `Its code record still exists: scene ${scene}, status ${status}, channel ${channel}${reason && `, reason ${reason}`}`
