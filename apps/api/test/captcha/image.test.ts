import { crc32, inflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { captchaAlphabet, captchaText, glyphs } from '../../src/captcha/glyphs.ts'
import { drawCaptcha, layOut } from '../../src/captcha/image.ts'

function chunksOf(png: Buffer) {
  const chunks: { type: string; data: Buffer; crcHolds: boolean }[] = []
  let at = 8
  while (at < png.length) {
    const end = at + 8 + png.readUInt32BE(at)
    const crcHolds = crc32(png.subarray(at + 4, end)) === png.readUInt32BE(end)
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, end), crcHolds })
    at = end + 4
  }
  return { chunks, end: at }
}

/** The brightness of every pixel, 0-255, from a PNG with four bits per pixel and a palette. */
function decode(png: Buffer) {
  const { chunks } = chunksOf(png)
  const data = (type: string) =>
    Buffer.concat(chunks.filter((chunk) => chunk.type === type).map((c) => c.data))
  const [header, palette, rows] = [data('IHDR'), data('PLTE'), inflateSync(data('IDAT'))]
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const rowBytes = 1 + Math.ceil(width / 2)
  const filters = new Set<number>()
  const brightness = (x: number, y: number): number => {
    const pair = rows.readUInt8(y * rowBytes + 1 + Math.floor(x / 2))
    const index = x % 2 === 0 ? Math.floor(pair / 16) : pair % 16
    const [red, green, blue] = [0, 1, 2].map((channel) => palette.readUInt8(index * 3 + channel))
    return ((red ?? 0) + (green ?? 0) + (blue ?? 0)) / 3
  }
  for (let y = 0; y < height; y++) filters.add(rows.readUInt8(y * rowBytes))
  return { width, height, header, rows, rowBytes, filters, brightness }
}

function darkPixels(png: Buffer, fromX: number, toX: number): number {
  const { height, brightness } = decode(png)
  let dark = 0
  for (let y = 0; y < height; y++) {
    for (let x = fromX; x < toX; x++) if (brightness(x, y) < 150) dark++
  }
  return dark
}

/** The first and the last column with more dark pixels than a line across the picture leaves. */
function textEdges(png: Buffer) {
  const { width, height, brightness } = decode(png)
  const isDark = Array.from({ length: width }, (_, x) => {
    let dark = 0
    for (let y = 0; y < height; y++) if (brightness(x, y) < 150) dark++
    return dark > 10
  })
  return { left: isDark.indexOf(true), right: isDark.lastIndexOf(true) }
}

describe('the captcha picture', () => {
  test('is a PNG of four chunks with right checksums', () => {
    const png = drawCaptcha('A2K7')
    expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
    const { chunks, end } = chunksOf(png)
    expect(chunks.map((chunk) => chunk.type)).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND'])
    expect(chunks.every((chunk) => chunk.crcHolds)).toBe(true)
    expect(end).toBe(png.length)
  })

  test.each([
    ['A2K7', 160],
    ['A2K7M', 190],
  ])('of %s is %i pixels wide and 60 high, in 16 colours', (text, width) => {
    const picture = decode(drawCaptcha(text))
    expect([picture.width, picture.height]).toEqual([width, 60])
    expect([...picture.header.subarray(8)]).toEqual([4, 3, 0, 0, 0])
    expect(picture.rows.length).toBe(picture.rowBytes * 60)
    expect([...picture.filters]).toEqual([0])
  })

  test('is smaller than 3 kB, and than 2 kB on average', () => {
    const sizes = Array.from({ length: 50 }, () => drawCaptcha(captchaText()).length)
    expect(Math.max(...sizes)).toBeLessThan(3000)
    expect(sizes.reduce((sum, size) => sum + size, 0) / 50).toBeLessThan(2048)
  })

  test('of the same text is different each time', () => {
    const pictures = Array.from({ length: 1000 }, () => drawCaptcha('A2K7').toString('base64'))
    expect(new Set(pictures).size).toBe(1000)
  })

  test('has no fixed cells: its letters touch, and they begin anywhere', () => {
    // Of 100 pictures, all begin within 27 px once in ten thousand runs.
    const edges = Array.from({ length: 200 }, () => textEdges(drawCaptcha('8888')))
    const starts = edges.map(({ left }) => left)
    expect(Math.max(...starts) - Math.min(...starts)).toBeGreaterThan(27)
    // Four letters that touch take about 116 px. With 14 px between them they take 142.
    const widths = edges.map(({ left, right }) => right - left)
    expect(widths.reduce((sum, width) => sum + width, 0) / widths.length).toBeLessThan(128)
  })

  test('contains the whole of its widest letters', () => {
    const halfPen = (3.9 * 1.06) / 2 // the widest pen
    for (let i = 0; i < 1000; i++) {
      const xs = layOut('HHHHH', 190).flatMap(({ stroke }) => stroke.map(([x]) => x))
      expect(Math.min(...xs)).toBeGreaterThan(halfPen)
      expect(Math.max(...xs)).toBeLessThan(190 - halfPen)
    }
  })

  test('has dark ink on light paper', () => {
    for (let i = 0; i < 20; i++) {
      const png = drawCaptcha(captchaText())
      const share = darkPixels(png, 0, 160) / (160 * 60)
      expect(share).toBeGreaterThan(0.08)
      expect(share).toBeLessThan(0.3)
    }
  })

  test.each(['A2K0', 'A2KO', 'a2k7', 'A2K ', 'A2K四'])(
    'cannot be drawn for %j, which has characters outside the alphabet',
    (text) => {
      expect(() => drawCaptcha(text)).toThrow(RangeError)
    },
  )
})

describe('the glyphs', () => {
  test('exist for each character of the alphabet, and no two are alike', () => {
    expect([...glyphs.keys()].toSorted()).toEqual(captchaAlphabet.split('').toSorted())
    expect(new Set([...glyphs.values()].map((strokes) => JSON.stringify(strokes))).size).toBe(25)
  })

  test.each([...glyphs])('of %s fills the unit box and stays in it', (_character, strokes) => {
    const points = strokes.flat()
    for (const axis of [points.map(([x]) => x), points.map(([, y]) => y)]) {
      expect(Math.min(...axis)).toBeGreaterThan(-0.1)
      expect(Math.max(...axis)).toBeLessThan(1.15)
      expect(Math.max(...axis) - Math.min(...axis)).toBeGreaterThan(0.7)
    }
  })
})

describe('the captcha text', () => {
  test('consists of 25 characters that do not look like each other', () => {
    expect(new Set(captchaAlphabet).size).toBe(25)
    expect(captchaAlphabet).toMatch(/^[2-9A-Z]+$/)
    expect(captchaAlphabet).not.toMatch(/[0O1ILBSZGQV]/)
  })

  test('has four characters, or the requested number', () => {
    expect(captchaText()).toHaveLength(4)
    expect(captchaText(5)).toHaveLength(5)
  })

  test('uses every character equally often', () => {
    const draws = 20_000 // enough to see the bias of a random byte taken modulo 25
    const counts = new Map(captchaAlphabet.split('').map((character) => [character, 0]))
    for (let i = 0; i < draws; i++) {
      for (const character of captchaText()) counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    const expected = (draws * 4) / 25
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(counts.size).toBe(25)
    // 24 degrees of freedom: with a fair choice the value exceeds 80 less than once in ten million runs.
    expect(chiSquare).toBeLessThan(80)
  })
})
