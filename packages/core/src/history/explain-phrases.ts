import type { Lang } from './explain-texts.ts'

// The sentences around the cause of the end of a request.

/** For a message that arrived late, before the cause; the second sentence if no gateway was called before. */
export const LATE = {
  zh: ['短信在请求 {seconds} 秒后才发出。', '此前没有 worker 调用网关。'],
  en: ['It left {seconds} s after the request.', 'No worker had called a gateway before.'],
} as const

/** The same after a call without a clear answer, with which the message may have left already. */
export const LATE_AT_MOST = {
  zh: '短信最迟在请求 {seconds} 秒后发出。',
  en: 'It left at most {seconds} s after the request.',
} as const

/** Before the answer that is the cause: the send ended without success, or has not ended. */
export const PREFIXES = {
  late: { zh: '在规定时间内没有网关接受短信。', en: 'No gateway accepted the message within its time.' },
  no_gateway: { zh: '没有网关接受短信。', en: 'No gateway accepted the message.' },
  open: { zh: '仍在发送。', en: 'The send has not ended.' },
} satisfies Record<string, Record<Lang, string>>
