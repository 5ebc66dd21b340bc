export type Sender = { name: string; address: string }

const ADDRESS =
  /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

/**
 * Parses `codes@example.com` or `Name <codes@example.com>`. The name may be quoted and may have any printable
 * characters. nodemailer gets name and address apart, because a parser of the header would read `(…)` in a name as a
 * comment and `Shop: …` as a group. @throws Error
 */
export function parseSender(text: string): Sender {
  const [, given = '', bracketed] = /^\s*([^<>]*?)\s*<([^<>]*)>\s*$/.exec(text) ?? []
  const [, quoted] = /^"(.*)"$/.exec(given) ?? []
  const [name, address] = [quoted?.replaceAll(/\\(.)/g, '$1') ?? given, bracketed ?? text.trim()]
  const isNamed = bracketed === undefined || name !== ''
  if (!isNamed || name.length > 64 || /\p{Cc}/u.test(name) || address.length > 254 || !ADDRESS.test(address))
    throw new Error('must be an address such as codes@example.com, or Name <codes@example.com>')
  return { name, address }
}
