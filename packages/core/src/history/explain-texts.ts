export type Lang = 'zh' | 'en'

/** Where the cause of a request's end lies: with this service, a gateway, the phone's number, or its user. */
export type Side = 'ours' | 'gateway' | 'number' | 'user' | 'none'

/** What happened, and what to do. `{by}` is the gateway with its code. */
type Entry = { side: Side } & Record<Lang, readonly [what: string, advice: string]>

const ACCEPTED_ONLY: Entry['zh'] = [
  '{by} 已接受短信，尚未报告是否送达。',
  '请稍等一分钟；仍未收到时，请用户检查拦截短信，并向网关查询这条短信。',
]

/** The statuses of a request, and the reasons of a failure for which no answer of a gateway is the cause. */
export const ENDS = {
  used: {
    side: 'none',
    zh: ['验证码已送达，并已通过验证。', '无需处理。'],
    en: ['The code arrived and was verified.', 'Nothing to do.'],
  },
  delivered: {
    side: 'user',
    zh: [
      '{by} 报告手机已收到短信，验证码尚未通过验证。',
      '请用户检查拦截短信和垃圾短信，核对号码，并输入最新的验证码。',
    ],
    en: [
      '{by} reports that the phone received the message. The code was not verified.',
      'Ask the user to look at the blocked messages of the phone, to compare the number, and to enter the newest code.',
    ],
  },
  fell_back: {
    side: 'user',
    zh: ['短信没有发出或没有回执，验证码已改发邮件。', '请用户查看邮箱，包括垃圾邮件。'],
    en: [
      'The SMS did not get through or has no delivery receipt, so the code went by e-mail.',
      'Ask the user to look at the mailbox, and at its folder for spam.',
    ],
  },
  sent: {
    side: 'gateway',
    zh: ACCEPTED_ONLY,
    en: [
      '{by} accepted the message and has not reported its delivery yet.',
      'Wait for a minute. Then ask the user to look at the blocked messages, and ask the gateway about this message.',
    ],
  },
  missing: {
    side: 'gateway',
    zh: [
      '{by} 已接受短信，但回执没有按时到达。',
      '请向网关查询这条短信。若所有短信都没有回执，请检查网关后台的回调地址和 CALLBACK_TOKEN。',
    ],
    en: [
      '{by} accepted the message, and no delivery receipt came in time.',
      'Ask the gateway about this message. If all receipts are missing, check the callback address at the vendor and CALLBACK_TOKEN.',
    ],
  },
  undelivered: {
    side: 'number',
    zh: [
      '{by} 已接受短信，但回执说手机没有收到。',
      '手机可能关机、无信号或拦截短信：请用户稍后再试，或换一个号码。若许多号码如此，请联系网关。',
    ],
    en: [
      '{by} accepted the message, and its delivery receipt says that the phone did not get it.',
      'The phone is off, out of reach or blocks messages: the user tries again later or uses another number. If many numbers fail, ask the gateway.',
    ],
  },
  number: {
    side: 'number',
    zh: [
      '{by} 拒绝向这个号码发送。',
      '请核对号码：空号、停机、黑名单或退订的号码收不到短信。用户可换号码，或请运营商解除拦截。',
    ],
    en: [
      '{by} refuses this number.',
      'Compare the number: it may be unassigned, blocked or unsubscribed. The user takes another number, or asks the carrier to end the block.',
    ],
  },
  mail_refused: {
    side: 'user',
    zh: [
      '短信没有发出，邮件服务器也拒绝了保存的邮箱{by}。',
      '请应用更新这个号码的邮箱（PUT /v1/contacts）；短信失败的原因见上面的记录。',
    ],
    en: [
      'The SMS failed, and the mail server refused the stored address{by}.',
      'The application stores another address of this phone (PUT /v1/contacts). The answers above say why the SMS failed.',
    ],
  },
  number_limit: {
    side: 'user',
    zh: [
      '这个号码的短信已达到网关的上限：{by}。',
      '用户需等待网关的限制结束，通常是下一小时或第二天。请查看用户为何多次请求。',
    ],
    en: [
      'The number has had as many messages as its gateway allows: {by}.',
      'The user waits until the limit ends, usually for an hour or until the next day. Look for the reason of so many requests.',
    ],
  },
  ambiguous: {
    side: 'gateway',
    zh: [
      '{by} 没有给出明确答复，短信可能已经发出；为避免重复短信，没有再次发送。',
      '用户可再次请求验证码。若常常如此，请检查到网关的网络，并联系网关。',
    ],
    en: [
      '{by} gave no clear answer, so the message may have left. It was not sent again, because the user could get it twice.',
      'The user asks for a new code. If it happens often, check the network to the gateway, and ask the gateway.',
    ],
  },
  ambiguous_twice: {
    side: 'gateway',
    zh: [
      '{by} 和另一个网关都没有给出明确答复，用户可能收到两条相同的短信，也可能没有收到。',
      '用户可再次请求验证码。若常常如此，请检查到网关的网络，并联系网关。',
    ],
    en: [
      '{by} and another gateway gave no clear answer, so the user may get two messages with the same code, or none.',
      'The user asks for a new code. If it happens often, check the network to the gateways, and ask them.',
    ],
  },
  unreadable: {
    side: 'ours',
    zh: [
      '任务或加密的短信无法读取，短信没有发出。',
      '请检查所有进程的 CODE_KEYS 和版本是否相同，用户可再次请求。',
    ],
    en: [
      'The job or its encrypted message could not be read, so no message left.',
      'Check that all processes have the same CODE_KEYS and version. The user asks for a new code.',
    ],
  },
  job_failed: {
    side: 'ours',
    zh: ['队列放弃了这个任务，短信没有按时发出。', '请查看 worker 的日志和 ops status，用户可再次请求。'],
    en: [
      'The queue gave up the job before a gateway accepted the message.',
      'Look at the logs of the workers and at ops status. The user asks for a new code.',
    ],
  },
  not_enqueued: {
    side: 'ours',
    zh: [
      'Redis 没有收下任务，短信没有发出。',
      'API 已回答 503。请用 ops status 检查 Redis，用户可再次请求。',
    ],
    en: [
      'Redis did not take the job, so no message was sent.',
      'The API answered 503. Check Redis with ops status. The user asks for a new code.',
    ],
  },
  late: {
    side: 'ours',
    zh: [
      '在规定时间内没有 worker 发送短信。',
      '请用 ops status 检查 worker 是否运行、队列是否暂停或积压。用户可再次请求。',
    ],
    en: [
      'No worker sent the message within its time.',
      'Check with ops status whether workers run, and whether the queue is paused or too long. The user asks for a new code.',
    ],
  },
  no_gateway: {
    side: 'gateway',
    zh: ['没有网关接受短信。', '请用 ops status 查看各网关。用户可再次请求。'],
    en: [
      'No gateway accepted the message.',
      'Look at the gateways with ops status. The user asks for a new code.',
    ],
  },
  moved: {
    side: 'none',
    zh: ['原渠道没能发出（{by}），已改由另一渠道（短信或邮件）发送。', '请稍等一分钟，再查看这个请求。'],
    en: [
      'One channel could not send the message ({by}), so the other one tries now (SMS or e-mail).',
      'Wait for a minute, and look at this request again.',
    ],
  },
  replaced: {
    side: 'none',
    zh: ['同一用户更新的请求取代了这个请求。', '请查看更新的请求。'],
    en: ['A newer request of the same user replaced this one.', 'Look at the newer request.'],
  },
  queued: {
    side: 'ours',
    zh: ['请求已接受，还没有 worker 处理。', '若超过几秒，请用 ops status 检查 worker 和队列。'],
    en: [
      'The request was accepted, and no worker has called a gateway yet.',
      'If this lasts for more than a few seconds, check workers and queue with ops status.',
    ],
  },
} satisfies Record<string, Entry>
