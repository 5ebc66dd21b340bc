import { expect, test } from 'vitest'
import { createConsoleGateway } from '../../src/console/gateway.ts'

const message = {
  id: 'a1',
  mobile: '13900139000',
  code: '739146',
  minutes: 5,
  secondsLeft: 300,
  scene: 'login',
}

function create() {
  const lines: string[] = []
  const maskMobile = (mobile: string) => `${mobile.slice(0, 3)}****`
  return { lines, gateway: createConsoleGateway({ writeLine: (line) => lines.push(line), maskMobile }) }
}

test('a message is one line with the code and the masked number', async () => {
  const { lines, gateway } = create()
  const outcome = await gateway.send(message, new AbortController().signal)
  expect(outcome).toEqual({ class: 'accepted', code: 'OK', messageId: 'console-a1' })
  expect(lines).toEqual(['sms to 139**** (login): 您的验证码是739146，请于5分钟内正确输入。\n'])
})

test('a send that is aborted before it starts prints nothing', async () => {
  const { lines, gateway } = create()
  expect(await gateway.send(message, AbortSignal.abort())).toEqual({ class: 'switch_now', code: 'ABORTED' })
  expect(lines).toEqual([])
})

test('a domain adds the line by which a browser fills in the code', async () => {
  const { lines, gateway } = create()
  await gateway.send({ ...message, webOtpDomain: 'shop.example' }, new AbortController().signal)
  expect(lines.join('').split('\n').slice(-3)).toEqual(['', '@shop.example #739146', ''])
})
