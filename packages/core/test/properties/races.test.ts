import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { createCodeStore, type CodeStore } from '../../src/codes/code-store.ts'
import type { Keyring } from '../../src/keyring.ts'
import { aMobile, policy, sendOf, startStore, wrong } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
let codes: CodeStore
/** The code of every request, noted when it is made: a used one cannot be read any more. */
const made = new Map<string, string>()
beforeAll(async () => {
  store = await startStore()
  // No pause between messages: codes are used, replaced and sent again in the middle of the race.
  const unhurried = { ...policy, compares: 50, missesPerDay: 100, sends: [{ most: 1_000, seconds: 60 }] }
  const noting: Keyring = {
    ...store.keyring,
    seal: (clear, rid) => {
      made.set(rid, String(/"code":"(\d+)"/.exec(clear)?.[1]))
      return store.keyring.seal(clear, rid)
    },
  }
  codes = createCodeStore(store.redis, noting, () => unhurried)
})
afterAll(() => store.stop())

const client = fc.array(fc.constantFrom('issue', 'newest', 'newest', 'first', 'wrong'), {
  minLength: 1,
  maxLength: 6,
})

describe('two clients of one phone, in any order of their steps', () => {
  it('never both win with one code, and never with one that was replaced', async () => {
    let won = 0
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), client, client, async (scheduler, mine, theirs) => {
        const mobile = aMobile()
        const issued: { rid: string; code: string }[] = []
        const wins: { rid: string; code: string }[] = []

        const issue = async () => {
          const { rid } = sendOf(await codes.issue(mobile, 'default'))
          issued.push({ rid, code: made.get(rid) ?? '' })
        }
        const verify = async (which: string) => {
          const known = which === 'first' ? issued[0] : issued.at(-1)
          const code = which === 'wrong' ? wrong(known?.code ?? '') : (known?.code ?? '')
          const answer = await codes.verify(mobile, 'default', code, undefined)
          if (answer.kind === 'ok') wins.push({ rid: answer.rid, code })
        }
        const run = async (who: string, acts: string[]) => {
          for (const act of acts) {
            await scheduler.schedule(Promise.resolve(), `${who} asks: ${act}`)
            await (act === 'issue' ? issue() : verify(act))
            await scheduler.schedule(Promise.resolve(), `${who} is answered`)
          }
        }

        await issue()
        await scheduler.waitFor(Promise.all([run('one', mine), run('other', theirs)]))
        expect(new Set(wins.map(({ rid }) => rid)).size).toBe(wins.length)
        for (const win of wins) expect(issued).toContainEqual(win)
        won += wins.length
      }),
      { numRuns: 300 },
    )
    expect(won).toBeGreaterThan(100)
  }, 30_000)
})
