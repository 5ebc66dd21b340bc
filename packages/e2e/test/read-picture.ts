import type { Locator } from 'playwright-core'
import { expect } from 'vitest'
import type { System } from './system.ts'

/** The address of a picture, and whether its load succeeded; null until the load has ended. */
const stateOf = (node: Element) => ({
  source: node.getAttribute('src') ?? '',
  isLoaded: node instanceof HTMLImageElement && node.complete ? node.naturalWidth > 0 : null,
})

/**
 * Returns what a picture shows, which only a person can read. On a busy test machine, the API may answer a picture with 503,
 * even after it has stored the text. Then a click on `refresh` brings another one.
 */
export async function readPicture(
  redis: System['redis'],
  picture: Locator,
  refresh = picture,
): Promise<string> {
  let text = ''
  async function read(): Promise<string> {
    const { source, isLoaded } = await picture.evaluate(stateOf)
    const uuid = /image_codes\/([^/]+)/.exec(source)?.[1]
    if (uuid === undefined) return ''
    if (isLoaded === false) await refresh.click()
    text = isLoaded === true ? ((await redis.get(`img_${uuid}`)) ?? '') : ''
    return text
  }
  await expect.poll(read, { interval: 100 }).not.toBe('')
  return text
}
