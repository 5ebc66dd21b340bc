import { createTransport } from 'nodemailer'

/**
 * Makes an SMTP client with short timeouts, because the queue tries again. Default timeouts are up to ten minutes.
 * `requireTls` refuses a server without STARTTLS, because an attacker in between could remove STARTTLS.
 * @param url `smtp://user:password@host:587` or `smtps://…`; nodemailer's TLS settings may follow in the query
 */
export function createSmtpClient({ url, requireTls }: { url: string; requireTls: boolean }) {
  return createTransport(
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
}
