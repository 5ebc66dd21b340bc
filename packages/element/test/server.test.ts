import { expect, it } from 'vitest'

it('a server that renders pages can import the element, which defines nothing there', async () => {
  await import('../src/element.ts')
  expect('customElements' in globalThis).toBe(false)
})
