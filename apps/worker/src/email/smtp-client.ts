import { Readable } from 'node:stream'
import { createTransport, type SendMailOptions } from 'nodemailer'

/**
 * Makes an SMTP client with short timeouts, because the queue tries again. Default timeouts are up to ten minutes.
 * `requireTls` refuses a server without STARTTLS, because an attacker in between could remove STARTTLS.
 * @param url `smtp://user:password@host:587` or `smtps://…`; nodemailer's TLS settings may follow in the query
 */
export function createSmtpClient({ url, requireTls }: { url: string; requireTls: boolean }) {
  const transporter = createTransport(
    {
      url,
      requireTLS: requireTls,
      connectionTimeout: 3_000,
      greetingTimeout: 3_000,
      socketTimeout: 8_000,
      dnsTimeout: 2_000,
    },
    { disableFileAccess: true, disableUrlAccess: true },
  )
  const begun = new WeakSet<AbortSignal>()
  transporter.use('stream', ({ data: { signal }, message }, done) => {
    message.processFunc((content) => Readable.from(whenRead(content, () => signal && begun.add(signal))))
    done()
  })
  return {
    /** @param mail a mail with a signal of its own */
    sendMail: (mail: SendMailOptions & { signal: AbortSignal }) => transporter.sendMail(mail),

    /**
     * Whether the content of the mail with this signal began to leave, after the server had replied to DATA. The errors
     * of nodemailer do not tell in which phase a connection ended.
     */
    mayHaveLeft: (signal: AbortSignal) => begun.has(signal),
  }
}
export type SmtpClient = ReturnType<typeof createSmtpClient>

/** Passes a stream on, and calls `onRead` when the first part is asked for. */
async function* whenRead(content: AsyncIterable<unknown>, onRead: () => void) {
  onRead()
  yield* content
}
