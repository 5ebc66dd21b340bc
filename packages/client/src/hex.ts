export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** 128 random bits. `crypto.randomUUID` exists only in pages of HTTPS and localhost. */
export const randomId = (): string => toHex(crypto.getRandomValues(new Uint8Array(16)))
