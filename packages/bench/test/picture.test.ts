import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createNetwork } from '../src/picture/network.ts'
import { readOptions } from '../src/picture/options.ts'
import { cut, decode } from '../src/picture/picture.ts'
import { projection } from '../src/picture/views.ts'

/** A PNG of 160x60 pixels with ink in these columns only. */
function png(inked: (x: number) => boolean): Buffer {
  const rows = Buffer.alloc(81 * 60)
  for (let y = 0; y < 60; y++)
    for (let x = 0; x < 160; x++)
      if (inked(x)) rows[y * 81 + 1 + (x >> 1)] = (rows[y * 81 + 1 + (x >> 1)] ?? 0) | (x % 2 ? 15 : 240)
  const chunk = (type: string, data: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(data.length)
    head.write(type, 4, 'latin1')
    return Buffer.concat([head, data, Buffer.alloc(4)])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(160, 0)
  header.writeUInt32BE(60, 4)
  return Buffer.concat([Buffer.alloc(8), chunk('IHDR', header), chunk('IDAT', deflateSync(rows))])
}

describe('an attack on pictures', () => {
  it('decodes a picture to its ink at half the resolution', () => {
    const { width, height, ink } = decode(png((x) => x >= 40 && x < 60))
    expect([width, height]).toEqual([80, 30])
    expect([...ink.subarray(18, 32)]).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0])
  })

  it('sees paper beyond the edge of a picture', () => {
    const part = cut(decode(png(() => true)), 0, 4)
    expect([...part.subarray(0, 4)]).toEqual([0, 0, 1, 1])
  })

  it('by projection finds letters that stand anywhere, if there is room between them', () => {
    const starts = [50, 74, 100, 128]
    const picture = decode(png((x) => starts.some((start) => x >= start && x < start + 20)))
    const views = projection(picture, 4)
    // The middle of each view has the ten columns of its letter.
    for (const view of views) expect(view.subarray(8, 16).reduce((sum, ink) => sum + ink, 0)).toBe(8)
    expect(views).toHaveLength(4)
  })

  it('has a network that learns', () => {
    // The weights are the same in every run, because a network this small cannot learn from one in seventy random ones.
    let state = 1
    const random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
    const network = createNetwork(4, 8, 2, 2, random)
    const inputs = [0, 1, 2, 3].map((i) => Float32Array.from([i & 1, i >> 1, 1 - (i & 1), 1 - (i >> 1)]))
    for (let i = 0; i < 4_000; i++)
      for (const [at, input] of inputs.entries()) network.learn(input, [at & 1, (at & 1) ^ (at >> 1)], 0.1)
    expect(inputs.map((input) => network.read(input))).toEqual([
      [0, 0],
      [1, 1],
      [0, 1],
      [1, 0],
    ])
  })
})

describe('the options', () => {
  it.each([
    [['--pictures', '0'], '--pictures: must be a whole number of at least 1'],
    [['--letters', '6'], '--letters: must be 4 or 5'],
    [['--only', 'cells,ocr'], '--only: "ocr" is not in: cells,projection'],
  ])('%j are refused', (args, message) => {
    expect(() => readOptions(args, ['cells', 'projection'])).toThrow(message.replace('cells,p', 'cells, p'))
  })
})
