import { readPolicy } from '@sms-codes/core/config/policy'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { emptyRedis } from '../empty-redis.ts'
import { startStack, type Stack } from '../stack.ts'
import { createAccept } from './accept.ts'
import { createAttack } from './attack.ts'
import { CAMPAIGNS, type Campaign } from './campaigns.ts'
import { createClient, LANES, type Client } from './client.ts'
import { growth, readCounters } from './counters.ts'
import { createCrowd, type Act } from './crowd.ts'
import { passMinute } from './minute.ts'
import { HARDENED } from './hardened.ts'
import type { Options } from './options.ts'
import { createPeople, MINUTES, PEOPLE, type Person } from './people.ts'
import type { Progress } from './progress.ts'
import { createProver } from './proof.ts'
import { createRandom } from './random.ts'

export type Result = Awaited<ReturnType<typeof runCampaign>>
export type Results = Awaited<ReturnType<typeof runAbuse>>

type Setup = { stack: Stack; api: { opsPort: number }; client: Client; people: Person[]; seed: number }

/** Three times the messages of the ordinary users in an hour. Each requests one, and one in twenty a second one. */
const BUDGET_PER_HOUR = Math.round(((3 * PEOPLE * 1.05) / MINUTES) * 60)

/** Off, because no worker empties the queue. */
const NO_WORKER = { overload: { queue_max_age: '0s' } }

/** Runs every campaign on the same processes, each with an empty Redis and the same users. */
export async function runAbuse(options: Options, progress: Progress) {
  const { seed, only, offices } = options
  const recommended = { ...HARDENED, budget: { messages: [`${BUDGET_PER_HOUR}/1h`] }, ...NO_WORKER }
  const POLICY_FILE = options.policy ?? policyFile(recommended)
  const { policy, faults } = readPolicy(POLICY_FILE)
  if (policy === null || faults.length > 0) throw new Error(faults.join('\n'))
  const stack = await startStack(progress.say)
  try {
    const api = await stack.startApp('api', {
      LOG_LEVEL: 'error',
      TRUST_PROXY: '127.0.0.1',
      POLICY_FILE,
    })
    const accept = createAccept(stack.redis, policy)
    const client = await createClient(api.port, stack.redis, createProver(stack.keyring), accept)
    const people = createPeople(createRandom(seed, 'people'), offices)
    const results: Result[] = []
    for (const campaign of CAMPAIGNS.filter(({ name }) => only.includes(name)))
      results.push(await runCampaign(campaign, { stack, api, client, people, seed }, progress))
    client.close()
    return {
      seed,
      offices,
      people: PEOPLE,
      minutes: MINUTES,
      policy: options.policy ?? 'recommended',
      campaigns: results,
    }
  } finally {
    await stack.close()
  }
}

async function runCampaign(campaign: Campaign, setup: Setup, progress: Progress) {
  const { stack, api, client, people, seed } = setup
  const { redis, keyring } = stack
  await emptyRedis(redis)
  const faultsBefore = client.faults()
  const countersBefore = await readCounters(api.opsPort)
  const startedAt = Date.now()

  const random = createRandom(seed, `campaign ${campaign.name}`)
  const order = createRandom(seed, `order ${campaign.name}`)
  const crowd = createCrowd(people, client, redis, keyring)
  const attack = createAttack({ client, redis, keyring, random })
  const attackAt = campaign.start({ attack, people, random })

  for (let minute = 0; minute < MINUTES; minute += 1) {
    // The order within a minute is random, so that neither side always gets the capacity that becomes free.
    await runActs(order.shuffled([...crowd.actsAt(minute), ...attackAt(minute)]))
    await passMinute(redis)
    if ((minute + 1) % 60 === 0)
      progress.hour(campaign.name, (minute + 1) / 60, attack.outcome(), crowd.outcome())
  }

  return {
    name: campaign.name,
    title: campaign.title,
    ...attack.outcome(),
    ordinary: crowd.outcome(),
    counted: growth(countersBefore, await readCounters(api.opsPort)),
    faults: client.faults() - faultsBefore,
    seconds: Math.round((Date.now() - startedAt) / 1000),
  }
}

async function runActs(acts: readonly Act[]): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let act = acts[next]; act !== undefined; act = acts[next]) {
      next += 1
      await act()
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}
