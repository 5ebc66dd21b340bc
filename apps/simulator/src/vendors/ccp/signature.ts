// CCP's signature: an MD5 over the account, its token and the time, in capital letters.
import { createHash } from 'node:crypto'

export function signCcp(account: string, token: string, timestamp: string): string {
  return createHash('md5')
    .update(account + token + timestamp)
    .digest('hex')
    .toUpperCase()
}
