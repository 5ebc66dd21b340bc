// The proof of work that replaces or complements the picture: the browser searches for a counter whose derived key starts
// with the prefix in the challenge. Challenge and answer have the format of altcha.

const toBytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16))
const toHex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** Browsers offer `crypto.subtle` only over HTTPS and on localhost. */
export const canProve = () => crypto.subtle !== undefined

export async function prove(challenge, onStep) {
  const { algorithm, cost, keyLength, keyPrefix, nonce, salt } = challenge.parameters
  const work = {
    name: 'PBKDF2',
    hash: algorithm.replace('PBKDF2/', ''),
    salt: toBytes(salt),
    iterations: cost,
  }
  const password = new Uint8Array([...toBytes(nonce), 0, 0, 0, 0])
  const counterPart = new DataView(password.buffer, password.length - 4)
  for (let counter = 0; ; counter++) {
    counterPart.setUint32(0, counter)
    const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
    const derivedKey = toHex(await crypto.subtle.deriveBits(work, key, keyLength * 8))
    if (derivedKey.startsWith(keyPrefix))
      return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }))
    onStep(counter)
  }
}
