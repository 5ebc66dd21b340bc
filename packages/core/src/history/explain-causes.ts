import type { Lang, Side } from './explain-texts.ts'

type Cause = { side: Side } & Record<Lang, readonly [what: string, advice: string]>

/** The meaning of an answer that did not send the message: by outcome class, or by the code of a skipped call. */
export const CAUSES: Readonly<Record<string, Cause>> = {
  balance: {
    side: 'ours',
    zh: ['{by}：我们在网关的账户余额不足。', '请充值网关账户；在此之前可用 ops gateway off 关闭它。'],
    en: [
      '{by}: our balance at the gateway is used up.',
      'Pay the account of the gateway. Until then, ops gateway off takes it out of use.',
    ],
  },
  proxy: {
    side: 'ours',
    zh: ['我们的 HTTP 代理没有连接到网关：{by}。', '请检查 HTTPS_PROXY 和代理的允许名单。'],
    en: [
      'Our HTTP proxy did not connect to the gateway: {by}.',
      'Check HTTPS_PROXY, and the list of hosts that the proxy allows.',
    ],
  },
  config: {
    side: 'ours',
    zh: ['{by} 拒绝了我们的账户、密钥或请求。', '请按错误码检查网关的账户、密钥、IP 白名单和本机时钟。'],
    en: [
      '{by} refused our account, key or request.',
      'Look up the code: check account, key, list of addresses at the gateway, and the clock of this host.',
    ],
  },
  template: {
    side: 'ours',
    zh: ['{by} 拒绝了短信的模板、签名或内容。', '请在网关后台检查模板和签名是否通过审核，并与策略文件核对。'],
    en: [
      '{by} refused the template, the sign name or the text.',
      'Check at the gateway that template and sign name are approved, and compare them with the policy.',
    ],
  },
  switch_now: {
    side: 'gateway',
    zh: ['{by} 暂时不能发送。', '请查看网关的状态公告；添加第二个网关可避免此类失败。'],
    en: [
      '{by} could not take the message.',
      'Look at the status page of the gateway. A second gateway in the policy avoids this failure.',
    ],
  },
  retry_same: {
    side: 'gateway',
    zh: ['{by} 繁忙，要求稍后再试。', '若持续，请向网关申请更高的速率，或在策略中设置 rate。'],
    en: [
      '{by} was busy and asked for a later try.',
      'If it lasts, ask the gateway for a higher rate, or set the rate of the gateway in the policy.',
    ],
  },
  ambiguous: {
    side: 'gateway',
    zh: ['{by} 没有给出明确答复，短信可能已经发出。', '请检查到网关的网络，并联系网关。'],
    en: [
      '{by} gave no clear answer, so the message may have left.',
      'Check the network to the gateway, and ask the gateway.',
    ],
  },
  duplicate: {
    side: 'gateway',
    zh: ['{by} 把这条短信当作重复短信拒绝了。', '请联系网关；用户可再次请求。'],
    en: [
      '{by} refused the message as a repeat of another message.',
      'Ask the gateway. The user asks for a new code.',
    ],
  },
  refused: {
    side: 'gateway',
    zh: ['{by} 的记录显示短信没有发出。', '请联系网关；用户可再次请求。'],
    en: [
      'The records of {by} say that the message was refused.',
      'Ask the gateway. The user asks for a new code.',
    ],
  },
  no_answer: {
    side: 'ours',
    zh: ['worker 在调用 {by} 时中断，短信可能已经发出。', '请查看 worker 是否被重启或内存不足。'],
    en: [
      'A worker stopped during its call to {by}, so the message may have left.',
      'Find out why the worker stopped, such as a restart or too little memory.',
    ],
  },
  BREAKER_OPEN: {
    side: 'gateway',
    zh: [
      '{by} 近期连续失败，熔断器已断开，没有调用。',
      '请用 ops failures 查看此前的错误码；网关恢复后会自动重试。',
    ],
    en: [
      '{by} was not called, because its calls had failed before (its breaker was open).',
      'Look at its earlier codes with ops failures. The worker tries it again by itself.',
    ],
  },
  RATE_FULL: {
    side: 'ours',
    zh: ['{by} 的发送速率已满，短信在等待。', '请提高策略中该网关的 rate，或添加网关。'],
    en: [
      'The rate of {by} was used up, so the message had to wait.',
      'Raise the rate of the gateway in the policy, or add a gateway.',
    ],
  },
  QUOTA_FULL: {
    side: 'user',
    zh: ['这个号码已达到 {by} 的上限，没有调用。', '用户需等待，通常是下一小时或第二天。'],
    en: [
      'The number has had as many messages as {by} allows, so it was not called.',
      'The user waits, usually for an hour or until the next day.',
    ],
  },
  SWITCHED_OFF: {
    side: 'ours',
    zh: ['{by} 已被运维关闭，没有调用。', '用 ops gateway on 可重新打开。'],
    en: ['{by} was not called, because an operator switched it off.', 'ops gateway on switches it on again.'],
  },
}

/** Codes with which gateways say that the balance is used up. They have the class `config`. */
export const BALANCE = /AMOUNT_NOT_ENOUGH|Insufficient|Arrears|^(isv\.OUT_OF_SERVICE|160014|161002|112350)$/i

const AT_LIMIT = {
  zh: '请求被限制拒绝，没有发送：{by}。',
  en: 'The request was refused by a limit, and no message was sent: {by}.',
}
const COME_BACK = {
  zh: '用户稍后再试即可。若正常用户常被拒绝，请在策略中提高这个限制。',
  en: 'The user tries again later. If real users are refused often, raise this limit in the policy.',
}
const limit = (side: Side): Cause => ({
  side,
  zh: [AT_LIMIT.zh, COME_BACK.zh],
  en: [AT_LIMIT.en, COME_BACK.en],
})

/** The meaning of a refusal by the API, by its reason. Each other reason is the name of a limit. */
export const REFUSALS: Readonly<Record<string, Cause>> & { limit: Cause } = {
  limit: limit('user'),
  limit_segment: limit('ours'),
  limit_country: limit('ours'),
  limit_api_key: limit('ours'),
  limit_budget: {
    side: 'ours',
    zh: ['短信预算已用完，没有发送。', '请用 ops status 查看预算；确认没有盗刷后，在策略中提高 budget。'],
    en: [
      'The budget of the service is used up, so no message was sent.',
      'Look at the budget with ops status. If there is no attack, raise `budget` in the policy.',
    ],
  },
  limit_phone: {
    side: 'user',
    zh: [
      '这个手机请求短信过于频繁，没有发送。',
      '用 ops phone 查看何时可再次发送；用户也可输入仍有效的验证码。',
    ],
    en: [
      'The phone has requested as many messages as its limit allows, so no message was sent.',
      'ops phone shows when the next message may be sent. The user may still enter a code that is valid.',
    ],
  },
  no_gateway: {
    side: 'gateway',
    zh: ['当时没有网关接受短信，API 因此拒绝了请求。', '请用 ops status 查看各网关和队列。'],
    en: [
      'No gateway accepted messages at that time, so the API refused the request.',
      'Look at gateways and queue with ops status.',
    ],
  },
  deny_list: {
    side: 'ours',
    zh: ['号码或地址在拒绝名单中，没有发送。', '用 ops lists 查看名单；用 ops unlist 移除。'],
    en: [
      'The number or the address is on the deny list, so no message was sent.',
      'ops lists shows the list, and ops unlist removes an entry.',
    ],
  },
  guard: {
    side: 'ours',
    zh: ['防盗刷保护拒绝了请求，没有发送。', '请用 ops audit 查看原因；误判时可把号段或地址加入允许名单。'],
    en: [
      'The guard against SMS pumping refused the request, so no message was sent.',
      'ops audit shows its finding. If it is wrong, add the segment or the address to the allow list.',
    ],
  },
}
