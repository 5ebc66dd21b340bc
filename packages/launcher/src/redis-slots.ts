// Moves slots between the servers of a Cluster while it serves, step by step as `redis-cli --cluster
// reshard` does it.
import { askRedis } from './redis-probe.ts'

/** Which server has this slot. */
export async function ownerOfSlot(ports: readonly number[], slot: number): Promise<number> {
  for (const port of ports) {
    const [, ranges = ''] = / myself,[^\n]* connected ?([^\n]*)/.exec(await ask(port, 'CLUSTER NODES')) ?? []
    const has = ranges.split(' ').some((range) => {
      const [first, last = first] = range.split('-').map(Number)
      return first !== undefined && last !== undefined && first <= slot && slot <= last
    })
    if (has) return port
  }
  throw new Error(`no server has slot ${slot}`)
}

/**
 * @param atOnce keys that go in one step; the servers answer nothing while it lasts
 * @returns how many keys went
 */
export async function moveSlot(ports: readonly number[], slot: number, to: number, atOnce = 10) {
  const from = await ownerOfSlot(ports, slot)
  const [fromId, toId] = [await idOf(from), await idOf(to)]
  await must(to, `CLUSTER SETSLOT ${slot} IMPORTING ${fromId}`)
  await must(from, `CLUSTER SETSLOT ${slot} MIGRATING ${toId}`)
  let moved = 0
  for (;;) {
    const keys = itemsOf(await ask(from, `CLUSTER GETKEYSINSLOT ${slot} ${atOnce}`))
    if (keys.length === 0) break
    moved += keys.length
    await must(from, `MIGRATE 127.0.0.1 ${to} "" 0 5000 KEYS ${keys.join(' ')}`)
  }
  // The new owner first, so that at no time nobody has it.
  for (const port of [to, from, ...ports.filter((other) => other !== to && other !== from)])
    await must(port, `CLUSTER SETSLOT ${slot} NODE ${toId}`)
  return moved
}

export async function slotOf(port: number, key: string): Promise<number> {
  return Number((await ask(port, `CLUSTER KEYSLOT ${key}`)).slice(1))
}

const idOf = async (port: number) => itemsOf(await ask(port, 'CLUSTER MYID'))[0] ?? ''

/** The strings of a reply, be it one or a list. */
const itemsOf = (reply: string) => reply.split('\r\n').filter((line) => line !== '' && !/^[$*]/.test(line))

const ask = (port: number, command: string) => askRedis(port, '127.0.0.1', command)

async function must(port: number, command: string): Promise<void> {
  const reply = await ask(port, command)
  // A key may have expired between its listing and its move.
  if (!reply.startsWith('+OK') && !reply.startsWith('+NOKEY')) throw new Error(`${command}: ${reply}`)
}
