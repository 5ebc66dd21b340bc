// A form of your own on the client: it needs no element, and every text and field is yours.
import { createSmsCodes, type Refusal } from '@sms-codes/client'
import { useEffect, useMemo, useState } from 'react'
import type { Props } from './sms-code.tsx'

/** Whether the answered picture can be used once more. */
const isUnspent = ({ reason, retryAfter }: Refusal) =>
  reason === 'mobile' || reason === 'unreachable' || (reason === 'unavailable' && retryAfter !== undefined)

export function OwnForm({ api, scene, onVerified }: Props) {
  const codes = useMemo(() => createSmsCodes({ baseUrl: api, scene, language: 'en' }), [api, scene])
  const [mobile, setMobile] = useState(codes.last()?.mobile ?? '')
  const [picture, setPicture] = useState<string>()
  const [imageCode, setImageCode] = useState('')
  const [code, setCode] = useState('')
  const [wait, setWait] = useState(0)
  const [refusal, setRefusal] = useState<Refusal | null>(null)

  // Each call makes up another uuid, and a send answers the newest picture.
  const showPicture = () => {
    setPicture(codes.imageUrl())
    setImageCode('')
  }
  useEffect(showPicture, [codes])
  useEffect(() => codes.countdown(setWait), [codes])

  async function send() {
    let sent = await codes.send({ mobile, imageCode })
    if (!sent.ok && sent.reason === 'proof_needed') {
      const solved = await codes.solveProof()
      sent = solved.ok ? await codes.send({ mobile, proof: solved.proof }) : solved
    }
    setRefusal(sent.ok ? null : sent)
    if (sent.ok || !isUnspent(sent)) showPicture()
  }

  async function verify() {
    const verified = await codes.verify({ code, mobile })
    setRefusal(verified.ok ? null : verified)
    if (verified.ok) await onVerified({ receipt: verified.receipt, mobile })
  }

  return (
    <>
      <form action={send}>
        <input
          value={mobile}
          onChange={(event) => setMobile(event.target.value)}
          aria-label="Mobile number"
          type="tel"
        />
        <button type="button" onClick={showPicture}>
          <img src={picture} width={160} height={60} alt="Another image code" />
        </button>
        <input
          value={imageCode}
          onChange={(event) => setImageCode(event.target.value)}
          aria-label="Image code"
        />
        <button type="submit" disabled={wait > 0}>
          {wait > 0 ? `Again in ${wait} s` : 'Send a code'}
        </button>
      </form>
      <form action={verify}>
        <input
          value={code}
          onChange={(event) => setCode(event.target.value)}
          aria-label="Code"
          autoComplete="one-time-code"
        />
        <button>Sign up</button>
      </form>
      {refusal !== null && <p role="alert">{refusal.message || 'The service does not answer. Try again.'}</p>}
    </>
  )
}
