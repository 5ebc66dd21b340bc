import { expect, test } from 'vitest'
import { createConsoleGateway } from '../../src/console/gateway.ts'
import { message } from '../message.ts'

function create() {
  const lines: string[] = []
  const deps = {
    writeLine: (line: string) => lines.push(line),
    maskMobile: (mobile: string) => `${mobile.slice(3, 6)}****`,
  }
  return { lines, gateway: createConsoleGateway('console', deps) }
}

test('a message is one line with the code and the masked number', async () => {
  const { lines, gateway } = create()
  const outcome = await gateway.send(message, new AbortController().signal)
  expect(outcome).toEqual({ class: 'accepted', code: 'OK', messageId: `console-${message.id}` })
  expect(lines).toEqual(['sms to 139**** (login): 您的验证码是739146，请于5分钟内正确输入。\n'])
})

test('a send that is aborted before it starts prints nothing', async () => {
  const { lines, gateway } = create()
  expect(await gateway.send(message, AbortSignal.abort())).toEqual({ class: 'switch_now', code: 'ABORTED' })
  expect(lines).toEqual([])
})
