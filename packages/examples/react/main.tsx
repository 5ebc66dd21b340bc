import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { OwnForm } from './own-form.tsx'
import { SmsCode, type Verified } from './sms-code.tsx'

const API = 'http://127.0.0.1:3000'

function SignUp() {
  const [result, setResult] = useState('')

  async function signUp({ receipt, mobile }: Verified) {
    const body = new URLSearchParams({ receipt, mobile })
    const answer = await fetch('/sign-up', { method: 'POST', body })
    setResult(answer.ok ? 'Your account was created.' : 'The sign-up failed. Prove your number again.')
  }

  const Form = location.hash === '#own-form' ? OwnForm : SmsCode
  return (
    <main>
      <Form api={API} scene="register" onVerified={signUp} />
      <p role="status">{result}</p>
    </main>
  )
}

const root = document.getElementById('root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <SignUp />
    </StrictMode>,
  )
}
