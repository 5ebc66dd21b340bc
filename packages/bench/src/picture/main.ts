import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ATTACKS, type Attack } from './attacks.ts'
import type { Network } from './network.ts'
import { readOptions } from './options.ts'
import { decode } from './picture.ts'

const TESTED = 2_000
const NAMES = ATTACKS.map(({ name }) => name)
const HELP = `npm run bench:picture -- [options]

Measures how many of our pictures a program reads. Each attack trains a small network on pictures that it draws itself,
with the drawing code that everybody can read, and then reads ${TESTED} pictures that it has not seen.

  --pictures <n>  pictures to train on (40000, one to four minutes for an attack)
  --letters <n>   letters of a picture, 4 or 5 (4)
  --only <names>  a comma list of attacks (${NAMES.join(',')})
  --draw <file>   another module with a function drawCaptcha(text) that returns a PNG (apps/api/src/captcha/image.ts)
  --help          print this text
`
const ALPHABET = '23456789ACDEFHJKMNPRTUWXY'

type Draw = (text: string) => Buffer
const isDraw = (value: unknown): value is Draw => typeof value === 'function'

async function drawOf(file: string): Promise<Draw> {
  const imported: unknown = await import(pathToFileURL(resolve(file)).href)
  const draw: unknown =
    typeof imported === 'object' && imported !== null ? Reflect.get(imported, 'drawCaptcha') : undefined
  if (!isDraw(draw)) throw new Error(`--draw: ${file} has no function drawCaptcha`)
  return draw
}

function sample(draw: Draw, letters: number) {
  const classes = Array.from({ length: letters }, () => Math.floor(Math.random() * ALPHABET.length))
  return { classes, picture: decode(draw(classes.map((i) => ALPHABET.charAt(i)).join(''))) }
}

function train(attack: Attack, draw: Draw, letters: number, pictures: number): Network {
  const network = attack.createNetwork(sample(draw, letters).picture, letters, ALPHABET.length)
  for (let i = 0; i < pictures; i++) {
    const { classes, picture } = sample(draw, letters)
    const done = i / pictures
    attack.learn(network, picture, classes, 0.01 * (1 - done) + 0.0002, done)
  }
  return network
}

function measure(attack: Attack, draw: Draw, letters: number, pictures: number): string {
  const begun = process.cpuUsage()
  const network = train(attack, draw, letters, pictures)
  const seconds = Math.round(process.cpuUsage(begun).user / 1e6)
  let [rightLetters, rightPictures] = [0, 0]
  for (let i = 0; i < TESTED; i++) {
    const { classes, picture } = sample(draw, letters)
    const read = attack.read(network, picture, letters)
    const right = classes.filter((one, at) => one === read[at]).length
    rightLetters += right
    if (right === letters) rightPictures += 1
  }
  const share = (count: number, of: number) => `${((count / of) * 100).toFixed(1)} %`
  const [ofLetters, ofPictures] = [share(rightLetters, TESTED * letters), share(rightPictures, TESTED)]
  return `| ${attack.name} | ${letters} | ${ofLetters} | ${ofPictures} | ${seconds} |\n`
}

try {
  const { pictures, letters, only, draw: file, help } = readOptions(process.argv.slice(2), NAMES)
  if (help) process.stdout.write(HELP)
  else {
    const draw = await drawOf(file)
    process.stdout.write('| attack | letters | letters read | pictures read | CPU seconds of training |\n')
    process.stdout.write('|---|--:|--:|--:|--:|\n')
    for (const attack of ATTACKS)
      if (only.includes(attack.name)) process.stdout.write(measure(attack, draw, letters, pictures))
  }
} catch (err) {
  process.stderr.write(`bench:picture: ${err instanceof Error ? err.message : String(err)}\n`)
  process.exitCode = 1
}
