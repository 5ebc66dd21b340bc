// The page contract of the course: the page makes up the uuid of the picture, and every business answer of the send
// comes with status 200 and a `code`.
const HOST = 'http://127.0.0.1:3000'

const field = (id) => document.getElementById(id)
const show = (id, text) => (field(id).textContent = text)

let uuid
function newPicture() {
  // crypto.randomUUID is missing on a page that comes over plain HTTP.
  uuid = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join('-')
  field('image').src = `${HOST}/image_codes/${uuid}/`
  field('image-code').value = ''
}

const call = (url, request) =>
  fetch(url, request)
    .then((response) => response.json())
    .catch(() => ({ code: '', errmsg: '网络不通，请重试' }))

function countDown(seconds) {
  field('send').disabled = seconds > 0
  field('send').textContent = seconds > 0 ? `${seconds}秒` : '获取短信验证码'
  if (seconds > 0) setTimeout(countDown, 1000, seconds - 1)
}

function mobileIsGood() {
  const good = /^1[3-9]\d{9}$/.test(field('mobile').value)
  show('mobile-error', good ? '' : '您输入的手机号格式不正确')
  return good
}

async function send() {
  show('image-error', '')
  show('sms-error', '')
  if (!mobileIsGood()) return
  if (field('image-code').value === '') return show('image-error', '请填写图形验证码')
  field('send').disabled = true
  const query = new URLSearchParams({ image_code: field('image-code').value, uuid })
  const answer = await call(`${HOST}/sms_codes/${field('mobile').value}/?${query}`)
  // A picture is spent by the send that it answered, also if the send succeeded.
  newPicture()
  if (answer.code === '0') return countDown(60)
  show(answer.code === '4001' ? 'image-error' : 'sms-error', answer.errmsg)
  countDown(0)
}

async function register(event) {
  event.preventDefault()
  show('sms-error', '')
  show('done', '')
  if (!mobileIsGood()) return
  const answer = await call('/register/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mobile: field('mobile').value, sms_code: field('sms-code').value }),
  })
  show(answer.code === '0' ? 'done' : 'sms-error', answer.errmsg)
}

field('refresh').addEventListener('click', newPicture)
field('send').addEventListener('click', send)
field('register').addEventListener('submit', register)
newPicture()
