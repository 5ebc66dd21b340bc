// The tag as a component with types. The tag has its own texts, picture and errors.
import '@sms-codes/element'
import type { VerifiedDetail } from '@sms-codes/element'
import type { HTMLAttributes } from 'react'

export type Verified = Pick<VerifiedDetail, 'receipt' | 'mobile'>
export type Props = { api: string; scene: string; onVerified: (verified: Verified) => unknown }

type SmsCodeAttributes = HTMLAttributes<HTMLElement> & {
  'base-url': string
  scene: string
  'onsms-code:verified': (event: CustomEvent<VerifiedDetail>) => void
}
declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'sms-code': SmsCodeAttributes
    }
  }
}

export function SmsCode({ api, scene, onVerified }: Props) {
  return <sms-code base-url={api} scene={scene} onsms-code:verified={({ detail }) => onVerified(detail)} />
}
