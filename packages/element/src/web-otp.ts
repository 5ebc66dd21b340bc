// Reads the code from the message itself, where the browser offers it (WebOTP).

/**
 * Waits for a message to this page's domain and passes its code on. Returns a function that stops waiting. A browser
 * without WebOTP, and a user who declines, leave the field as it is.
 */
export function awaitMessage(onCode: (code: string) => void): () => void {
  const controller = new AbortController()
  const request = { otp: { transport: ['sms'] }, signal: controller.signal }

  async function wait(): Promise<void> {
    const credential = await navigator.credentials.get(request)
    if (credential !== null && 'code' in credential && typeof credential.code === 'string')
      onCode(credential.code)
  }
  if ('OTPCredential' in globalThis) wait().catch(() => {})
  return () => controller.abort()
}
