// Moves slots between the servers of a Cluster while it serves, step by step as `redis-cli --cluster
// reshard` does it.
import { setTimeout as sleep } from 'node:timers/promises'
import { askRedis } from './redis-probe.ts'

const AGREED_WITHIN_MS = 10_000

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
  await agreed(ports)
  return moved
}

/**
 * Waits until every server knows every other by its newest epoch. Two servers that take slots without
 * knowing of each other do it in the same epoch; one of them then gives its slot up again, and deletes the
 * keys in it.
 */
async function agreed(ports: readonly number[]): Promise<void> {
  const giveUpAt = Date.now() + AGREED_WITHIN_MS
  for (;;) {
    const views = await Promise.all(ports.map(async (port) => epochsIn(await ask(port, 'CLUSTER NODES'))))
    if (new Set(views).size === 1) return
    if (Date.now() > giveUpAt) throw new Error(`the servers do not agree:\n${views.join('\n')}`)
    await sleep(20)
  }
}

/** Who is there, in which epoch and with which slots, in a form that can be compared. */
function epochsIn(nodes: string): string {
  const lines = nodes.split('\n').map((line) => line.trim().split(' '))
  // id address flags primary ping pong epoch state slots, where a slot on the move is in brackets.
  return lines
    .filter(([id = '']) => /^[0-9a-f]{40}$/.test(id))
    .map(([id, , , , , , epoch, , ...slots]) =>
      [id, epoch, ...slots.filter((slot) => !slot.startsWith('['))].join(' '),
    )
    .toSorted()
    .join('; ')
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
