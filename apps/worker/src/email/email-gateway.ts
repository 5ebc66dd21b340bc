import type { Contacts } from '@sms-codes/core/codes/contacts'
import type { Sender } from '@sms-codes/core/config/sender'
import { MissingKeyError } from '@sms-codes/core/keyring'
import { maskMobile } from '@sms-codes/core/mobile'
import type { Outcome, SmsGateway, SmsMessage } from '@sms-codes/gateways/gateway'
import { mailText } from './email-text.ts'
import type { SmtpClient } from './smtp-client.ts'
import { smtpOutcome } from './smtp-outcome.ts'

type MailOptions = {
  contacts: Pick<Contacts, 'find'>
  transporter: SmtpClient
  /** The sender of the mails. The domain of the sender is also used in message ids. */
  from: Sender
  /** Longest time for one mail, from the DNS look-up to the server's last reply. */
  deadlineMs: number
}

/** The name of the one gateway of the e-mail channel, in metrics and records. */
export const EMAIL_GATEWAY = 'email'
/** The most e-mails that one phone gets in a day. */
export const EMAIL_QUOTA = [{ most: 2, seconds: 86_400 }]

/**
 * Makes the gateway of the e-mail channel. The gateway sends a message only to the stored contact of the phone. No
 * part of a request for a code is used as an address.
 */
export function createEmailGateway({ contacts, transporter, from, deadlineMs }: MailOptions): SmsGateway {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    // Another worker can read an address that was encrypted with a key which this worker lacks.
    const contact = await contacts.find(message.mobile).catch((err: unknown) => {
      if (err instanceof MissingKeyError) return undefined
      throw err
    })
    if (contact === undefined) return { class: 'config', code: 'KEY_MISSING' }
    if (contact === null) return { class: 'number', code: 'NO_CONTACT' }
    // Node collects the signal of AbortSignal.timeout() if only AbortSignal.any() refers to it, and it never fires.
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), deadlineMs)
    const either = AbortSignal.any([signal, deadline.signal])
    try {
      await transporter.sendMail({
        from,
        to: { name: '', address: contact.email },
        // All attempts at a send have the same id, so that servers and mail programs recognise a repeat.
        messageId: `<${message.id}@${domain}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        ...mailText(message, maskMobile(message.mobile)),
        signal: either,
      })
      return { class: 'accepted', code: 'OK' }
    } catch (err) {
      const outcome = smtpOutcome(err, transporter.mayHaveLeft(either))
      return signal.aborted ? { ...outcome, code: 'ABORTED' } : outcome
    } finally {
      clearTimeout(timer)
    }
  }

  return { name: EMAIL_GATEWAY, recognises: () => false, send }
}
