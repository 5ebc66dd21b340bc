import { parseArgs } from 'node:util'
import { createAudit } from '@sms-codes/core/limits/audit'
import { readGatewaysOff, switchOff, switchOn } from '@sms-codes/core/limits/gateways-off'
import { readProcesses } from '@sms-codes/core/process/heartbeat'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { OpsError, parseDuration, parseReason, usageError, type Command } from '../args.ts'
import { loadStoreConfig, type StoreConfig } from '../config.ts'
import { table } from '../output.ts'
import { withStore } from '../store.ts'

type Given = { name: string; for: string | undefined; reason: string }

export const gateway: Command = {
  summary: 'show the gateways, or switch one off or on',
  help: `gateway
gateway off <name> [--for 30m] [--reason text]
gateway on <name> [--reason text]

Without arguments, lists the gateways of the policy and of the running workers with their state. "off" makes all workers
skip the gateway within 3 seconds: messages go to the next gateway, and without one they wait until their time to send is
over. A message that a switched-off gateway may have taken goes to the next gateway too. "on" ends this.

  --for <time>      when the gateway is on again by itself, such as 30m or 2h; without it, it stays off until "on"
  --reason <text>   one line for the audit stream, at most 200 characters; phone numbers are masked
`,
  async run(args, { env, terminal }) {
    const text = { type: 'string' } as const
    const options = { for: text, reason: { ...text, default: '' } }
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
    const [act, name, ...more] = positionals
    if (act !== undefined && act !== 'off' && act !== 'on') throw usageError('takes off, on or no argument')
    if (act !== undefined && name === undefined) throw usageError('the name of the gateway is missing')
    if (more.length > 0) throw usageError('takes one gateway')
    if (act !== 'off' && values.for !== undefined) throw usageError('--for belongs to "gateway off"')
    const given = { name: name ?? '', for: values.for, reason: parseReason(values.reason) }
    const seconds = values.for === undefined ? 0 : parseDuration('--for', values.for)
    const config = loadStoreConfig(env)
    const lines = await withStore(config, ({ redis }) => {
      if (act === undefined) return list(redis, config)
      return act === 'off' ? turnOff(redis, config, given, seconds) : turnOn(redis, config, given)
    })
    lines.forEach(terminal.say)
  },
}

/** The gateways of the policy, of the running workers, and those that are off, each with its state. @throws StoreError */
async function readGateways(redis: RedisClient, config: StoreConfig) {
  const [off, processes] = await Promise.all([readGatewaysOff(redis), readProcesses(redis)])
  const called = processes.flatMap(({ gateways }) => gateways)
  const names = [...new Set([...config.gateways, ...called, ...off.keys()])]
  return names.map((name) => ({
    name,
    until: off.get(name) ?? null,
    workers: called.filter((one) => one === name).length,
  }))
}

async function list(redis: RedisClient, config: StoreConfig): Promise<string[]> {
  const gateways = await readGateways(redis, config)
  if (gateways.length === 0) return ['the policy has no gateways, and no running worker has any']
  const rows = gateways.map(({ name, until, workers }) => [name, stateOf(until), String(workers)])
  return table(['gateway', 'state', 'workers'], rows, ['workers'])
}

const stateOf = (until: number | null) =>
  until === null ? 'on' : `OFF ${until === 0 ? 'without an end' : `until ${new Date(until).toISOString()}`}`

/** Writes the audit entry before a change, so a crash cannot hide the change. */
const record = (redis: RedisClient, act: string, { name, for: time = '', reason }: Given) =>
  createAudit(redis)({ what: 'operator', act, entry: name, ...(time && { for: time }), reason })

async function turnOff(redis: RedisClient, config: StoreConfig, given: Given, seconds: number) {
  const { name } = given
  const gateways = await readGateways(redis, config)
  expectKnown(name, gateways)
  await record(redis, 'gateway off', given)
  await switchOff(redis, name, seconds)
  const end = given.for === undefined ? `without an end: "gateway on ${name}" ends it` : `for ${given.for}`
  // A worker may use fewer gateways than the policy has.
  const used = gateways.filter(({ workers }) => workers > 0)
  const others = (used.length > 0 ? used : gateways).filter((one) => one.name !== name && one.until === null)
  const warning =
    'No gateway is left: messages wait until their time to send is over, and the API refuses sends from 13 s on.'
  return [`off: ${name}, ${end}`, ...(others.length === 0 ? [warning] : [])]
}

async function turnOn(redis: RedisClient, config: StoreConfig, given: Given) {
  const { name } = given
  const gateways = await readGateways(redis, config)
  expectKnown(name, gateways)
  if (gateways.every((one) => one.name !== name || one.until === null))
    throw new OpsError(`${name} is not switched off`)
  await record(redis, 'gateway on', given)
  await switchOn(redis, name)
  return [`on: ${name}`]
}

function expectKnown(name: string, gateways: readonly { name: string }[]): void {
  const known = gateways.map((one) => one.name)
  if (!known.includes(name)) throw usageError(`not a gateway; the gateways are ${known.join(', ') || 'none'}`)
}
