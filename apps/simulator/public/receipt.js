// The box that a verified number opens: the receipt, which the page would send to its own back end, and what the back end
// gets for it. The simulator plays the back end, because a page must not have the API key.

export function createReceipt({ language, isOn, scene }) {
  const find = (name) => document.querySelector(`#receipt-${name}`)
  const { t } = language
  const box = document.querySelector('#receipt')
  const button = find('redeem')
  const answer = find('answer')
  let verified = null
  let isRedeeming = false

  function draw() {
    box.hidden = verified === null
    if (verified === null) return
    find('title').textContent = t(verified.assurance === 'email' ? 'receiptByMail' : 'receiptBySms')
    find('jws').textContent = verified.receipt
    find('next').textContent = t(isOn ? 'redeemLead' : 'redeemOff')
    answer.hidden = answer.textContent === ''
  }

  async function redeem() {
    if (isRedeeming) return
    isRedeeming = true
    const { receipt, mobile } = verified
    const body = await ask({ receipt, mobile, scene }, language.current())
    isRedeeming = false
    if (verified?.receipt !== receipt) return
    answer.textContent = JSON.stringify(body, null, 2)
    draw()
  }

  button.hidden = !isOn
  button.addEventListener('click', () => void redeem())
  language.onChange(draw)

  return {
    show(detail) {
      verified = detail
      answer.textContent = ''
      draw()
      box.scrollIntoView({ block: 'nearest' })
    },
    hide() {
      verified = null
      draw()
    },
  }
}

async function ask(body, language) {
  try {
    const answer = await fetch('/demo/redeem', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-language': language },
      body: JSON.stringify(body),
    })
    return await answer.json()
  } catch (error) {
    return { error: String(error) }
  }
}
