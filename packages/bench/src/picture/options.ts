import { parseArgs } from 'node:util'

/** @throws Error with a message for the user when an option is invalid */
export function readOptions(args: string[], attacks: readonly string[]) {
  const { values } = parseArgs({
    args,
    options: {
      pictures: { type: 'string', default: '40000' },
      letters: { type: 'string', default: '4' },
      only: { type: 'string', default: attacks.join(',') },
      draw: { type: 'string', default: 'apps/api/src/captcha/image.ts' },
      help: { type: 'boolean', default: false },
    },
  })
  const [pictures, letters, only] = [Number(values.pictures), Number(values.letters), values.only.split(',')]
  if (!Number.isInteger(pictures) || pictures < 1)
    throw new Error('--pictures: must be a whole number of at least 1')
  if (letters !== 4 && letters !== 5) throw new Error('--letters: must be 4 or 5')
  const unknown = only.filter((name) => !attacks.includes(name))
  if (unknown.length > 0) throw new Error(`--only: "${unknown.join(', ')}" is not in: ${attacks.join(', ')}`)
  return { pictures, letters, only, draw: values.draw, help: values.help }
}
