// Every word of the page in both languages, and which of the two is shown. The API is asked for the same language.

const texts = {
  zh: {
    tagline: '自托管的短信验证码服务',
    docs: '接口文档',
    language: '语言',
    title: '注册账号',
    lead: '填写手机号，看图输入验证码，收到短信后完成验证。',
    mobile: '手机号',
    imageCode: '图形验证码',
    imageCodeHint: '看右图输入',
    imageAlt: '图形验证码',
    newImage: '换一张',
    smsCode: '短信验证码',
    send: '获取验证码',
    sending: '发送中…',
    again: (seconds) => `${clockOf(seconds, '秒')}后重发`,
    verify: '验证并注册',
    verifying: '验证中…',
    factOnce: '验证码只能用一次',
    factTries: '最多试 5 次',
    factQueue: '经队列由独立进程发送',
    verified: '手机号验证成功',
    receipt: (receipt, assurance) => `凭证 ${receipt}（${assurance === 'email' ? '经邮件' : '经短信'}）`,
    wrong: '验证没有通过',
    attempts: (left) => `还可以再试 ${left} 次。`,
    noAttempts: '请重新获取验证码。',
    needMobile: '请填写手机号',
    needImageCode: '请填写图形验证码',
    needSmsCode: '请填写短信验证码',
    noPicture: '看不清？免图片获取',
    proving: (step) => `安全验证 ${step}`,
    cannotProve: '安全验证需要 HTTPS',
    imageFailed: '图片没有加载出来，请点“换一张”',
    unreachable: (url) => `连接不上服务 ${url}`,
    smsThread: '短信 · 验证码通知',
    smsField: '短信',
    messages: '收到的短信',
    phoneNote: '演示用，不会真的发短信',
    phoneOf: (mobile) => `${mobile} 的手机`,
    phoneOfNobody: '演示手机',
    phoneWaiting: '短信会出现在这里',
    phoneNoNumber: '先填手机号，\n短信会出现在这里',
    pick: (code) => `填入验证码 ${code}`,
    pickHint: '点按短信，填入验证码',
    statusLabel: '发送进度',
    statusIdle: '还没有请求。获取验证码后，这里显示它走到了哪一步。',
    statusRequest: (id) => `请求 ${id}`,
    queued: '已入队',
    sendingStep: '发送中',
    sent: '已发送',
    delivered: '已送达',
    fell_back: '已改发邮件',
    failed: '发送失败',
    expired: '已过期',
    verifiedStep: '已验证',
  },
  en: {
    tagline: 'SMS verification codes you host yourself',
    docs: 'API docs',
    language: 'Language',
    title: 'Create your account',
    lead: 'Enter your number, type what the picture shows, then the code we text you.',
    mobile: 'Mobile number',
    imageCode: 'Image code',
    imageCodeHint: 'From the picture',
    imageAlt: 'Image code',
    newImage: 'New picture',
    smsCode: 'SMS code',
    send: 'Send code',
    sending: 'Sending…',
    again: (seconds) => `Again in ${clockOf(seconds, 's')}`,
    verify: 'Verify and sign up',
    verifying: 'Verifying…',
    factOnce: 'A code works once',
    factTries: 'Five tries at most',
    factQueue: 'Queued, sent by a worker',
    verified: 'Number verified',
    receipt: (receipt, assurance) => `Receipt ${receipt} (by ${assurance === 'email' ? 'e-mail' : 'SMS'})`,
    wrong: 'Not verified',
    attempts: (left) => (left === 1 ? 'One try left.' : `${left} tries left.`),
    noAttempts: 'Please ask for a new code.',
    needMobile: 'Enter your mobile number',
    needImageCode: 'Type what the picture shows',
    needSmsCode: 'Enter the code from the message',
    noPicture: 'Can’t read it? Send without',
    proving: (step) => `Checking ${step}`,
    cannotProve: 'This needs HTTPS',
    imageFailed: 'The picture did not load; ask for a new one',
    unreachable: (url) => `The service at ${url} cannot be reached`,
    smsThread: 'SMS · verification codes',
    smsField: 'Text message',
    messages: 'Messages received',
    phoneNote: 'a demo: no real message is sent',
    phoneOf: (mobile) => `Phone of ${mobile}`,
    phoneOfNobody: 'Demo phone',
    phoneWaiting: 'Messages will appear here',
    phoneNoNumber: 'Enter a number in the form; its messages appear here',
    pick: (code) => `Fill in code ${code}`,
    pickHint: 'Tap a message to fill in its code',
    statusLabel: 'Progress of the request',
    statusIdle: 'No request yet. Once you send one, its way is shown here.',
    statusRequest: (id) => `Request ${id}`,
    queued: 'Queued',
    sendingStep: 'Sending',
    sent: 'Sent',
    delivered: 'Delivered',
    fell_back: 'Sent by e-mail',
    failed: 'Failed',
    expired: 'Expired',
    verifiedStep: 'Verified',
  },
}

export function createLanguage() {
  const listeners = []
  const asked = new URLSearchParams(location.search).get('lang') ?? remembered() ?? navigator.language
  let current = asked.toLowerCase().startsWith('zh') ? 'zh' : 'en'

  function apply() {
    document.documentElement.lang = current === 'zh' ? 'zh-CN' : 'en'
    for (const node of document.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t)
    for (const [key, attribute] of [
      ['tPlaceholder', 'placeholder'],
      ['tLabel', 'aria-label'],
      ['tTitle', 'title'],
      ['tAlt', 'alt'],
    ]) {
      const selector = `[data-${key.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}]`
      for (const node of document.querySelectorAll(selector))
        node.setAttribute(attribute, t(node.dataset[key]))
    }
    for (const button of document.querySelectorAll('[data-language]')) {
      button.setAttribute('aria-pressed', String(button.dataset.language === current))
    }
    for (const listener of listeners) listener()
  }

  function t(key, ...values) {
    const text = texts[current][key]
    return typeof text === 'function' ? text(...values) : text
  }

  for (const button of document.querySelectorAll('[data-language]')) {
    button.addEventListener('click', () => {
      current = button.dataset.language
      remember(current)
      apply()
    })
  }

  return { t, current: () => current, onChange: (listener) => listeners.push(listener), apply }
}

function clockOf(seconds, unit) {
  if (seconds < 100) return `${seconds} ${unit}`
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

// A browser may forbid storage altogether; the language is then the one of the browser.
function remembered() {
  try {
    return localStorage.getItem('language')
  } catch {
    return null
  }
}

function remember(language) {
  try {
    localStorage.setItem('language', language)
  } catch {
    // Nothing depends on it.
  }
}
