import { createTransport } from 'nodemailer'

export type MailerOptions = {
  url: string
  /** Nothing is said in clear, whatever the server offers: an attacker in between could leave the offer out. */
  requireTls: boolean
}

/**
 * The SMTP client with the deadlines of a queue that tries again: its own defaults wait up to ten minutes.
 * @param url `smtp://user:password@host:587` or `smtps://…`; tls settings as nodemailer's own in the query
 */
export function createMailer({ url, requireTls }: MailerOptions) {
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
