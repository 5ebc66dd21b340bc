import { pbkdf2Sync } from 'node:crypto'

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Does the work of a challenge, as a browser does it: a third of a second of CPU. */
export function prove(challenge: unknown): string {
  const { algorithm, cost, keyLength, keyPrefix, nonce, salt } = objectOf(objectOf(challenge)['parameters'])
  const digest = textOf(algorithm).replace('PBKDF2/', '').replace('-', '')
  const saltBytes = Buffer.from(textOf(salt), 'hex')
  const prefix = textOf(keyPrefix)
  const password = Buffer.concat([Buffer.from(textOf(nonce), 'hex'), Buffer.alloc(4)])
  for (let counter = 0; ; counter += 1) {
    password.writeUInt32BE(counter, password.length - 4)
    const derivedKey = pbkdf2Sync(password, saltBytes, Number(cost), Number(keyLength), digest).toString(
      'hex',
    )
    if (derivedKey.startsWith(prefix))
      return Buffer.from(JSON.stringify({ challenge, solution: { counter, derivedKey } })).toString('base64')
  }
}
