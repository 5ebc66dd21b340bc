// Moves slots between the servers of a Cluster while it serves, with the steps of
// `redis-cli --cluster reshard`.
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, expectOk } from './commands.ts'

const AGREEMENT_TIMEOUT_MS = 10_000

/** Returns the port of the server that owns this slot. */
export async function ownerOfSlot(ports: readonly number[], slot: number): Promise<number> {
  for (const port of ports) {
    const [, ranges = ''] = / myself,[^\n]* connected ?([^\n]*)/.exec(await ask(port, 'CLUSTER NODES')) ?? []
    const isOwner = ranges.split(' ').some((range) => {
      const [first, last = first] = range.split('-').map(Number)
      return first !== undefined && last !== undefined && first <= slot && slot <= last
    })
    if (isOwner) return port
  }
  throw new Error(`no server owns slot ${slot}`)
}

/**
 * @param keysPerStep keys that one command moves; both servers answer nothing else while it runs
 * @returns the number of moved keys
 */
export async function moveSlot(ports: readonly number[], slot: number, to: number, keysPerStep = 10) {
  const from = await ownerOfSlot(ports, slot)
  const [fromId, toId] = [await idOf(from), await idOf(to)]
  await expectOk(to, `CLUSTER SETSLOT ${slot} IMPORTING ${fromId}`)
  await expectOk(from, `CLUSTER SETSLOT ${slot} MIGRATING ${toId}`)
  let moved = 0
  for (;;) {
    const keys = itemsOf(await ask(from, `CLUSTER GETKEYSINSLOT ${slot} ${keysPerStep}`))
    if (keys.length === 0) break
    moved += keys.length
    await migrate(from, to, keys)
  }
  // The new owner is told first, so that the slot has an owner at every moment.
  for (const port of [to, from, ...ports.filter((other) => other !== to && other !== from)])
    await expectOk(port, `CLUSTER SETSLOT ${slot} NODE ${toId}`)
  await waitForAgreement(ports)
  return moved
}

async function migrate(from: number, to: number, keys: readonly string[]): Promise<void> {
  const command = `MIGRATE 127.0.0.1 ${to} "" 0 5000 KEYS ${keys.join(' ')}`
  const reply = await ask(from, command)
  // NOKEY: all of these keys have expired since they were listed.
  if (!reply.startsWith('+OK') && !reply.startsWith('+NOKEY')) throw new Error(`${command}: ${reply}`)
}

/**
 * Waits until every server knows the newest epoch of every other. Two servers that take slots without
 * knowing each other's epoch may use the same one. One of them then gives its slot back and deletes the
 * keys in it.
 */
async function waitForAgreement(ports: readonly number[]): Promise<void> {
  const giveUpAt = Date.now() + AGREEMENT_TIMEOUT_MS
  for (;;) {
    const views = await Promise.all(ports.map(async (port) => epochsIn(await ask(port, 'CLUSTER NODES'))))
    if (new Set(views).size === 1) return
    if (Date.now() > giveUpAt) throw new Error(`the servers do not agree:\n${views.join('\n')}`)
    await sleep(20)
  }
}

/** The id, epoch and slots of every node, in a form that two servers' views can be compared in. */
function epochsIn(nodes: string): string {
  const lines = nodes.split('\n').map((line) => line.trim().split(' '))
  // Fields: id address flags primary ping pong epoch state slots. A slot that is being moved is in brackets.
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

/** The strings of a reply that is a single string or a list of strings. */
const itemsOf = (reply: string) => reply.split('\r\n').filter((line) => line !== '' && !/^[$*]/.test(line))
