import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { createCodeStore, type CodeStore } from '../../src/codes/code-store.ts'
import type { Keyring } from '../../src/keyring.ts'
import { newMobile, policy, sendOf, startStore, wrong } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
let codes: CodeStore
/** The code of every request, recorded when it is sealed, because a used code can no longer be read. */
const codeOfRequest = new Map<string, string>()
beforeAll(async () => {
  store = await startStore()
  // Without pauses between messages, codes are used, replaced and sent again in the middle of the race.
  const withoutPauses = { ...policy, compares: 50, missesPerDay: 100, sends: [{ most: 1_000, seconds: 60 }] }
  const recording: Keyring = {
    ...store.keyring,
    seal: (clear, rid, encoding) => {
      codeOfRequest.set(rid, clear.split('f')[1] ?? '')
      return store.keyring.seal(clear, rid, encoding)
    },
  }
  codes = createCodeStore(store.redis, recording, () => withoutPauses)
})
afterAll(() => store.stop())

const client = fc.array(fc.constantFrom('issue', 'newest', 'newest', 'first', 'wrong'), {
  minLength: 1,
  maxLength: 6,
})

describe('two clients of one phone, in any order of their steps', () => {
  it('never both verify one code, and never verify a code that was replaced', async () => {
    let verifiedCodes = 0
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), client, client, async (scheduler, mine, theirs) => {
        const mobile = newMobile()
        const issued: { rid: string; code: string }[] = []
        const verified: { rid: string; code: string }[] = []

        const issue = async () => {
          const { rid } = sendOf(await codes.issue(mobile, 'default'))
          issued.push({ rid, code: codeOfRequest.get(rid) ?? '' })
        }
        const verify = async (which: string) => {
          const known = which === 'first' ? issued[0] : issued.at(-1)
          const code = which === 'wrong' ? wrong(known?.code ?? '') : (known?.code ?? '')
          const answer = await codes.verify(mobile, 'default', code, undefined)
          if (answer.kind === 'ok') verified.push({ rid: answer.rid, code })
        }
        const run = async (name: string, acts: string[]) => {
          for (const act of acts) {
            await scheduler.schedule(Promise.resolve(), `${name} asks: ${act}`)
            await (act === 'issue' ? issue() : verify(act))
            await scheduler.schedule(Promise.resolve(), `${name} is answered`)
          }
        }

        await issue()
        await scheduler.waitFor(Promise.all([run('one', mine), run('two', theirs)]))
        expect(new Set(verified.map(({ rid }) => rid)).size).toBe(verified.length)
        for (const one of verified) expect(issued).toContainEqual(one)
        verifiedCodes += verified.length
      }),
      { numRuns: 300 },
    )
    expect(verifiedCodes).toBeGreaterThan(100)
  }, 180_000)
})
