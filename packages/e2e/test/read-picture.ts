import type { Locator } from 'playwright-core'
import { expect } from 'vitest'
import type { System } from './system.ts'

/** Null while the picture is loaded, and whether it was. */
const isLoaded = (node: Element): boolean | null =>
  node instanceof HTMLImageElement && node.complete ? node.naturalWidth > 0 : null

/**
 * Returns what a picture shows, which only a person can read. On a busy test machine, the API may answer a picture with 503,
 * even after it has stored the text. Then a click on `refresh` brings another one.
 */
export async function readPicture(
  redis: System['redis'],
  picture: Locator,
  refresh = picture,
): Promise<string> {
  async function shown(): Promise<string> {
    const uuid = /image_codes\/([^/]+)/.exec((await picture.getAttribute('src')) ?? '')?.[1]
    if (uuid === undefined) return ''
    const loaded = await picture.evaluate(isLoaded)
    if (loaded === false) await refresh.click()
    return loaded === true ? ((await redis.get(`img_${uuid}`)) ?? '') : ''
  }
  await expect.poll(shown, { interval: 100 }).not.toBe('')
  return shown()
}
