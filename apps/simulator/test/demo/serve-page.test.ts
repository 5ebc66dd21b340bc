import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyNumber, startSimulator, type Simulator } from '../running-simulator.ts'

const PUBLIC = new URL('../../public/', import.meta.url)

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({ API_URL: 'http://127.0.0.1:4321/', SMS_GATEWAYS: 'aliyun, ccp' })
})
afterAll(() => simulator.close())

describe('the demo page', () => {
  test.each([
    ['/', 'text/html; charset=utf-8', 'index.html'],
    ['/page.css', 'text/css; charset=utf-8', 'page.css'],
    ['/card.css', 'text/css; charset=utf-8', 'card.css'],
    ['/phone.css', 'text/css; charset=utf-8', 'phone.css'],
    ['/status.css', 'text/css; charset=utf-8', 'status.css'],
    ['/mailbox.css', 'text/css; charset=utf-8', 'mailbox.css'],
    ['/breakage.css', 'text/css; charset=utf-8', 'breakage.css'],
    ['/demo.js', 'text/javascript; charset=utf-8', 'demo.js'],
    ['/breakage.js', 'text/javascript; charset=utf-8', 'breakage.js'],
    ['/clock.js', 'text/javascript; charset=utf-8', 'clock.js'],
    ['/contact.js', 'text/javascript; charset=utf-8', 'contact.js'],
    ['/faults.js', 'text/javascript; charset=utf-8', 'faults.js'],
    ['/mailbox.js', 'text/javascript; charset=utf-8', 'mailbox.js'],
    ['/phone.js', 'text/javascript; charset=utf-8', 'phone.js'],
    ['/receipt.js', 'text/javascript; charset=utf-8', 'receipt.js'],
    ['/status.js', 'text/javascript; charset=utf-8', 'status.js'],
    ['/texts.js', 'text/javascript; charset=utf-8', 'texts.js'],
    ['/texts-en.js', 'text/javascript; charset=utf-8', 'texts-en.js'],
    ['/texts-zh.js', 'text/javascript; charset=utf-8', 'texts-zh.js'],
    ['/favicon.svg', 'image/svg+xml', 'favicon.svg'],
  ])('%s is served as %s', async (path, type, file) => {
    const answer = await fetch(simulator.url + path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(await answer.text()).toBe(readFileSync(new URL(file, PUBLIC), 'utf8'))
  })

  test('gets the address of the API and the gateways, and may load scripts from and connect to no other host', async () => {
    expect(await simulator.get('/config.json')).toEqual({
      api_url: 'http://127.0.0.1:4321',
      newest: 0,
      gateways: ['aliyun', 'ccp'],
      smtp_port: anyNumber,
      plays_back_end: false,
    })
    const policy = (await fetch(simulator.url)).headers.get('content-security-policy')
    expect(policy).toContain("connect-src 'self' http://127.0.0.1:4321;")
    expect(policy).toContain("script-src 'self' http://127.0.0.1:4321;")
    expect(policy).toContain("default-src 'self';")
  })

  test('names no other host and renders data as text only', () => {
    for (const file of readdirSync(PUBLIC)) {
      const text = readFileSync(new URL(file, PUBLIC), 'utf8').replaceAll('http://www.w3.org/2000/svg', '')
      expect(text).not.toMatch(/(https?:)?\/\/[a-z0-9-]+\.[a-z]/i)
      expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/)
    }
  })

  test('has no file that the page does not use', () => {
    const files = readdirSync(PUBLIC)
    const texts = files.map((file) => readFileSync(new URL(file, PUBLIC), 'utf8')).join()
    const unused = files.filter((file) => file !== 'index.html' && !texts.includes(`/${file}`))
    expect(unused).toEqual([])
  })

  test('serves no other file and no other path', async () => {
    for (const path of ['/index.html', '/..%2fpackage.json', '/public/demo.js', '/%2e%2e/package.json']) {
      expect((await fetch(simulator.url + path)).status).toBe(404)
    }
  })
})
