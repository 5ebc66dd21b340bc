import { askRedis } from '@sms-codes/launcher/ask-redis'

/** Sends a command to a server on the loopback and returns its reply, unparsed. */
export const ask = (port: number, command: string) => askRedis(port, '127.0.0.1', command)

/** @throws Error with the reply when it is not OK */
export async function expectOk(port: number, command: string): Promise<void> {
  const reply = await ask(port, command)
  if (!reply.startsWith('+OK')) throw new Error(`${command}: ${reply}`)
}
