import { expect, test } from 'vitest'
import { createConsoleGateway } from '../src/console.ts'

const message = { id: 'a1', mobile: '13900139000', code: '739146', minutes: 5, scene: 'login' }

function create() {
  const lines: string[] = []
  return { lines, gateway: createConsoleGateway({ write: (line) => lines.push(line) }) }
}

test('a message is one line, with the code and most of the number hidden', async () => {
  const { lines, gateway } = create()
  const outcome = await gateway.send(message, new AbortController().signal)
  expect(outcome).toEqual({ class: 'accepted', code: 'OK', messageId: 'console-a1' })
  expect(lines).toEqual(['sms to 139****9000 (login): code 739146, valid for 5 min\n'])
})

test('a number too short to show a part of is hidden whole', async () => {
  const { lines, gateway } = create()
  await gateway.send({ ...message, mobile: '10086' }, new AbortController().signal)
  expect(lines.join('')).toContain('sms to ***** (login)')
})

test('a send given up before it starts prints nothing', async () => {
  const { lines, gateway } = create()
  expect(await gateway.send(message, AbortSignal.abort())).toEqual({ class: 'switch_now', code: 'ABORTED' })
  expect(lines).toEqual([])
})
