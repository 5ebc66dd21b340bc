import type { Attack } from './attack.ts'
import type { Act } from './crowd.ts'
import { MINUTES, type Person } from './people.ts'
import type { Random } from './random.ts'
import { attackAddress, segmentAt, SEGMENTS, strangerIn } from './world.ts'

export type Scene = { attack: Attack; people: readonly Person[]; random: Random }

/** An attack. `start` gets the scene and returns the function that lists the attacker's actions in a minute. */
export type Campaign = {
  name: string
  title: string
  start: (scene: Scene) => (minute: number) => readonly Act[]
}

const times = (count: number, act: (at: number) => Act): Act[] =>
  Array.from({ length: count }, (_, at) => act(at))

const noAttack: Campaign = { name: '0', title: 'no attack', start: () => () => [] }

const oneVictim: Campaign = {
  name: '1',
  title: 'one victim, 500 addresses, 20/min',
  start:
    ({ attack, people, random }) =>
    () =>
      // The victim is an ordinary user and may need a code too.
      times(20, () => async () => {
        await attack.send(people[0]?.mobile ?? '', attackAddress(random.below(500)))
      }),
}

const oneAddress: Campaign = {
  name: '2',
  title: 'many victims, one address, 60/min',
  start: ({ attack }) => {
    let victims = 0
    return () =>
      times(60, () => {
        victims += 1
        const mobile = strangerIn(segmentAt(victims), Math.floor(victims / SEGMENTS.length))
        return async () => {
          await attack.send(mobile, attackAddress(0))
        }
      })
  },
}

const pumping: Campaign = {
  name: '3',
  title: 'pumping one segment, 200 addresses, 60/min',
  start: ({ attack, random }) => {
    let sent = 0
    return () =>
      times(60, () => {
        sent += 1
        // Ordinary users have numbers in this segment too, as in any real segment.
        const mobile = strangerIn(segmentAt(0), sent)
        const address = attackAddress(random.below(200))
        return async () => {
          await attack.send(mobile, address)
        }
      })
  },
}

/**
 * Stays below the limits: 20 sends in 15 minutes for a segment (the guard acts from 30), and 15 an hour and
 * 90 a day from an address (of 20 an hour).
 */
const drain =
  (send: (attack: Attack, mobile: string, address: string) => Promise<unknown>): Campaign['start'] =>
  ({ attack }) => {
    let sent = 0
    return () =>
      times(60, () => {
        sent += 1
        const mobile = strangerIn(segmentAt(sent % 45), Math.floor(sent / 45))
        const address = attackAddress(sent % 240)
        return async () => {
          await send(attack, mobile, address)
        }
      })
  }

const slowDrain: Campaign = {
  name: '4',
  title: 'slow drain, 240 addresses, 45 segments, 60/min',
  start: drain((attack, mobile, address) => attack.send(mobile, address)),
}

const workingDrain: Campaign = {
  name: '7',
  title: 'the same slow drain, with proofs of work when asked',
  start: drain((attack, mobile, address) => attack.sendWorking(mobile, address)),
}

const CODES_EACH = 4
const GUESSED_NUMBERS = 400
// More than the guesses that a code allows, to check that the API stops counting.
const GUESSES = 7

const guessing: Campaign = {
  name: '5',
  title: 'guessing codes, 400 addresses',
  start: ({ attack, people, random }) => {
    const round = Math.floor(MINUTES / CODES_EACH)
    const anAddress = () => attackAddress(random.below(400))
    const numbers = times(GUESSED_NUMBERS, (at) => () => {
      const mobile = strangerIn(segmentAt(at), Math.floor(at / SEGMENTS.length))
      return attack.guessWithAndWithoutId(mobile, GUESSES, anAddress)
    })
    return (minute) => [
      ...numbers.filter((_, at) => at % round === minute % round),
      // The attacker does not know the request id of an ordinary user's request.
      ...people
        .filter((person) => person.minute === minute - 1)
        .map((person) => () => attack.guessBlind(person.mobile, GUESSES, anAddress)),
    ]
  },
}

/**
 * Requests codes for users before they do, and guesses after each request and while the user types. The last request
 * comes one minute before the user's own, so the user gets the same code.
 * @param minutesBefore how long before the user the attacker requests a code
 */
const lockingOut =
  (minutesBefore: readonly number[]): Campaign['start'] =>
  ({ attack, people, random }) => {
    const anAddress = () => attackAddress(random.below(400))
    const victims = people.filter(({ minute }) => minute > 61).slice(0, 100)
    const ids = new Map<string, string>()
    return (minute) =>
      victims.flatMap(({ mobile, minute: asksAt }) => [
        ...times(minutesBefore.includes(asksAt - minute) ? 1 : 0, () => async () => {
          const rid = await attack.send(mobile, anAddress())
          if (rid !== undefined) ids.set(mobile, rid)
          if (minute < asksAt - 1) await attack.wasteTries(mobile, rid, GUESSES, anAddress)
        }),
        ...times(minute === asksAt || minute === asksAt + 1 ? 1 : 0, () => async () => {
          await attack.wasteTries(mobile, ids.get(mobile), GUESSES, anAddress)
        }),
      ])
  }

const lockingOutOnce: Campaign = {
  name: '6',
  title: 'locking out 100 users, a message and guesses just before each',
  start: lockingOut([1]),
}

/** Three messages with five guesses each without an id use up the wrong codes that a phone may have in a day. */
const lockingOutForADay: Campaign = {
  name: '8',
  title: 'the same, with three earlier messages and their guesses',
  start: lockingOut([61, 41, 21, 1]),
}

export const CAMPAIGNS: readonly Campaign[] = [
  noAttack,
  oneVictim,
  oneAddress,
  pumping,
  slowDrain,
  guessing,
  lockingOutOnce,
  workingDrain,
  lockingOutForADay,
]
