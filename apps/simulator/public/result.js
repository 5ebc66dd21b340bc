// The box under the form that shows the result of a verification.

export function createResult({ language }) {
  const { t } = language
  const box = document.querySelector('#result')
  let texts = null

  function draw() {
    box.hidden = texts === null
    if (texts === null) return
    const [title, detail] = texts()
    document.querySelector('#result-title').textContent = title
    document.querySelector('#result-detail').textContent = detail
  }

  function show(kind, next) {
    texts = next
    box.className = kind
    draw()
    box.scrollIntoView({ block: 'nearest' })
  }

  language.onChange(draw)
  return {
    verified({ receipt, assurance }) {
      show('good', () => [t('verified'), t('receipt', shorten(receipt), assurance)])
    },
    refused({ errmsg, attempts_left: left }) {
      const after = () => (left === undefined ? '' : left > 0 ? t('attempts', left) : t('noAttempts'))
      show('bad', () => [errmsg || t('wrong'), after()])
    },
    hide() {
      texts = null
      draw()
    },
  }
}

function shorten(receipt) {
  return receipt.length > 28 ? `${receipt.slice(0, 12)}…${receipt.slice(-8)}` : receipt
}
