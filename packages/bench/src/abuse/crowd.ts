import type { Redis } from 'ioredis'
import type { Keyring } from '@sms-codes/core/keyring'
import { ANSWERS } from './answers.ts'
import { readCode } from '../codes.ts'
import type { Client } from './client.ts'
import type { Person } from './people.ts'

export type Act = () => Promise<void>
/** The actions of one side, by minute. */
export type Agenda = Map<number, Act[]>

export function plan(agenda: Agenda, minute: number, act: Act): void {
  const acts = agenda.get(minute)
  if (acts === undefined) agenda.set(minute, [act])
  else acts.push(act)
}

/**
 * The actions of the ordinary users. A user counts as wrongly refused when an answer is not a success and the
 * user's own typing error is not the reason. That user then gives up.
 */
export function createCrowd(people: readonly Person[], client: Client, redis: Redis, keyring: Keyring) {
  const agenda: Agenda = new Map()
  const refusals = new Map<string, number>()
  let messages = 0
  let proofs = 0

  function join(person: Person): void {
    const { mobile, address, minute, mistypesImage, asksAgain, verifies, mistypesCode, reads } = person
    let rid = ''
    let gone = false
    const giveUp = (text: string): void => {
      gone = true
      refusals.set(text, (refusals.get(text) ?? 0) + 1)
    }

    async function ask(mistypes: boolean): Promise<void> {
      if (gone) return
      if (mistypes) {
        const { text } = await client.send(mobile, address, false)
        // When a proof of work is needed, the API does not check the image code.
        if (text !== ANSWERS.captchaWrong && text !== ANSWERS.proofNeeded) return giveUp(text)
      }
      let sent = await client.send(mobile, address)
      if (sent.text === ANSWERS.proofNeeded) {
        proofs += 1
        sent = await client.sendWithProof(mobile, address)
      }
      if (!sent.ok) return giveUp(sent.text)
      messages += 1
      rid = sent.rid
    }

    async function typeCode(): Promise<void> {
      if (gone) return
      const code = await readCode(redis, keyring, mobile)
      if (mistypesCode) {
        const other = String((Number(code) + 1) % 1_000_000).padStart(6, '0')
        const { text } = await client.verify({ mobile, code: other, rid, address })
        if (text !== ANSWERS.codeWrong) return giveUp(text)
      }
      const verified = await client.verify({ mobile, code, rid, address })
      if (!verified.ok) giveUp(verified.text)
    }

    plan(agenda, minute, () => ask(mistypesImage))
    if (asksAgain) plan(agenda, minute + 1, () => ask(false))
    if (verifies) plan(agenda, minute + (asksAgain ? 1 : 0) + reads, typeCode)
  }

  for (const person of people) join(person)
  return {
    actsAt: (minute: number): readonly Act[] => agenda.get(minute) ?? [],
    /** The wrongly refused users, by the text of the answer, and the messages and proofs of all users. */
    outcome: () => ({
      refused: [...refusals.values()].reduce((sum, each) => sum + each, 0),
      refusals: Object.fromEntries(refusals),
      messages,
      proofs,
    }),
  }
}
