import type { Transporter } from 'nodemailer'
import type { Contacts } from '@sms-codes/core/codes/contacts'
import { maskMobile } from '@sms-codes/core/mobile'
import type { Outcome, SmsMessage } from '@sms-codes/gateways/gateway'
import type { ListedGateway } from '../gateways/listed-gateway.ts'
import { mailFault } from './smtp-outcome.ts'
import { mailText } from './email-text.ts'

export type MailOptions = {
  contacts: Pick<Contacts, 'find'>
  transporter: Pick<Transporter, 'sendMail'>
  /** The sender's address; its domain also makes the message ids. */
  from: string
  /** Longest that one mail may take, from the look at the server's name to its last word. */
  deadlineMs: number
}

/** The one gateway of the e-mail channel, by the name it is counted under. */
export const MAIL_GATEWAY = 'email'

/** How many mails one phone's owner gets. */
export const MAIL_QUOTA = [{ most: 2, seconds: 86_400 }]

/**
 * The e-mail channel behind the same seam as an SMS gateway: one message to the address that the phone's
 * owner proved before, and to no other. Nothing that a request brought along is ever an address here.
 */
export function createMailGateway({ contacts, transporter, from, deadlineMs }: MailOptions): ListedGateway {
  const domain = from.slice(from.lastIndexOf('@') + 1).replace(/>$/, '')

  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    const contact = await contacts.find(message.mobile)
    if (contact === null) return { class: 'number', code: 'NO_CONTACT' }
    try {
      await transporter.sendMail({
        from,
        to: { name: '', address: contact.email },
        // The same over all tries of one send: servers and readers tell a repeat by it.
        messageId: `<${message.id}@${domain}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        ...mailText(message.code, message.minutes, maskMobile(message.mobile)),
        signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
      })
      return { class: 'accepted', code: 'OK' }
    } catch (err) {
      return mailFault(err)
    }
  }

  return { name: MAIL_GATEWAY, recognises: () => false, send }
}
