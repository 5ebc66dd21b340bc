import { Type, type StaticDecode, type StringOptions, type TSchema } from '@sinclair/typebox'
import { parseNetwork } from '../limits/networks.ts'

const refuseEncoding = (): never => {
  throw new Error('a configuration is only read')
}

/**
 * The schema of a variable whose text is decoded once, when the configuration is loaded.
 * @param decode throws an Error for an unusable text. Each line of the message completes `NAME: …` and repeats no
 *   part of the text.
 */
export const decoded = <S extends TSchema, Decoded>(schema: S, decode: (value: StaticDecode<S>) => Decoded) =>
  Type.Transform(schema).Decode(decode).Encode(refuseEncoding)

/** Options of a variable that is text in the environment. */
type TextOptions = Pick<StringOptions, 'default' | 'pattern'> & { description: string }

/** The entries of a comma list, without the blanks around them. An empty text has no entries. */
export const list = (text: string) => (text.trim() === '' ? [] : text.split(',').map((entry) => entry.trim()))

export const isUnique = (values: readonly unknown[]) => new Set(values).size === values.length

/** A variable whose text `decode` turns into a value. The message of an Error from `decode` completes `NAME: …`. */
export const parsed = <Value>(decode: (given: string) => Value, options: TextOptions) =>
  decoded(Type.String(options), decode)

export const integer = (bounds: { minimum: number; maximum: number; default: number }, description: string) =>
  Type.Integer({ ...bounds, description })

export const optionalText = (options: TextOptions) => Type.Optional(Type.String(options))

/** A variable whose value is one of the words. */
export const choice = <const Word extends string>(words: readonly Word[], options: TextOptions) =>
  parsed((given): Word => {
    const found = words.find((word) => word === given)
    if (found === undefined) throw new Error(`must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`)
    return found
  }, options)

/** A variable with a comma list of some of the words, each at most once. */
export const someOf = <const Word extends string>(words: readonly Word[], options: TextOptions) =>
  parsed((given): Word[] => {
    const entries = list(given)
    const found = entries.flatMap((entry) => words.find((word) => word === entry) ?? [])
    if (found.length < entries.length) throw new Error(`must be a comma list of ${words.join(', ')}`)
    if (!isUnique(entries)) throw new Error('has an entry twice')
    return found
  }, options)

/** @param schemes without their colon, such as `https` */
export const url = (schemes: readonly string[], options: TextOptions) =>
  parsed((given): URL => {
    const hasScheme = schemes.some((scheme) => given.startsWith(`${scheme}://`))
    // White space is refused, because the URL parser drops line breaks and escapes spaces.
    if (!hasScheme || /\s/.test(given) || !URL.canParse(given))
      throw new Error(`must be an address, ${schemes.map((scheme) => `${scheme}://host`).join(' or ')}`)
    return new URL(given)
  }, options)

/** Addresses and networks of proxies, in the spelling of the operator. */
export function parseProxies(text: string): string[] {
  const entries = list(text)
  if (entries.some((entry) => parseNetwork(entry) === null))
    throw new Error('must be a comma list of addresses or CIDRs; a network of all addresses (/0) is refused')
  return entries
}
