import type { CodePolicy } from '../../src/codes/code-store.ts'
import type { DeliveryState } from '../../src/codes/send-ledger.ts'
import type { Channel, Send } from '../../src/codes/send.ts'

const blank = { withId: 0, blind: 0, used: false, fence: 0, gateway: '', mailed: 0 }
type Code = typeof blank & { rid: string; code: string; n: number; exp: number; ceiling: number }
type Held = Code & {
  status: string
  sendBy: number
  lease: number
  doubt: string
  extra: number
  channel: string
  left: boolean
  reason: string
}

const [DAY, KEEP] = [86_400, 600]

/** What is promised about the codes of one phone, without Redis, races or cryptography. Times in seconds. */
export function createModel({ ttlSeconds: life, compares, missesPerDay, ...policy }: CodePolicy) {
  const records = new Map<string, Held>()
  let misses = { withId: [0].slice(1), blind: [0].slice(1) }
  let [now, sends] = [0, [{ at: 0, name: '' }].slice(1)]

  const held = (scene: string) => [records.get(scene)].find((found) => (found?.ceiling ?? 0) + KEEP > now)
  const open = ({ rid, scene, n }: Send) =>
    [held(scene)].find((found) => found?.rid === rid && found.n === n && /queued|sending/.test(found.status))
  const giveBack = ({ rid, n }: Send) => (sends = sends.filter(({ name }) => name !== `${rid}.${n}`))
  const wait = () => {
    const waits = policy.sends.map(({ most, seconds: windowSeconds }) => {
      const inside = sends.map(({ at }) => at + windowSeconds - now).filter((left) => left > 0)
      return { windowSeconds, retryAfter: inside.at(-most) ?? 0 }
    })
    return waits.reduce((longest, one) => (one.retryAfter > longest.retryAfter ? one : longest))
  }

  return {
    pass: (seconds: number) => (now += seconds),
    forget: () => [records.clear(), (sends = []), (misses = { withId: [], blind: [] })],
    /** `made` is what a new code would be. */
    issue(scene: string, made: { rid: string; code: string }) {
      if (wait().retryAfter > 0) return { kind: 'throttled', ...wait() }
      const old = held(scene)
      const alive = old && !old.used && old.exp > now && Math.max(old.withId, old.blind) < compares
      const fresh = { ...blank, ...made, n: 0, ceiling: now + 2 * life }
      const kept = alive && old.ceiling - now >= life / 2 ? old : fresh
      const [n, exp] = [kept.n + 1, Math.min(now + life, kept.ceiling)]
      const unsent = { status: 'queued', sendBy: now + policy.sendWithinSeconds, lease: 0 }
      records.set(scene, {
        ...kept,
        ...unsent,
        n,
        exp,
        doubt: '',
        extra: 0,
        channel: '',
        left: false,
        reason: '',
      })
      sends.push({ at: now, name: `${kept.rid}.${n}` })
      const times = { expiresIn: exp - now, resendAfter: wait().retryAfter }
      return { kind: 'issued', send: { rid: kept.rid, scene, n }, code: kept.code, ...times }
    },
    verify(scene: string, code: string, rid: string | undefined) {
      const found = held(scene)
      const count = found && found.rid === rid ? 'withId' : 'blind'
      const today = misses[count].map((at) => at + DAY - now).filter((left) => left > 0)
      if (today.length >= missesPerDay) return { kind: 'throttled', retryAfter: today.at(-missesPerDay) }
      const dead = !found || found.used || found.exp <= now || found[count] >= compares
      if (dead) return { kind: 'no', attemptsLeft: 0 }
      found[count] += 1
      found.used = found.code === code
      if (found.used) return { kind: 'ok', rid: found.rid, channel: found.mailed > 0 ? 'email' : 'sms' }
      misses[count].push(now)
      return { kind: 'no', attemptsLeft: Math.min(compares - found[count], missesPerDay - today.length - 1) }
    },
    refund(send: Send) {
      const found = open(send)
      if (found?.status !== 'queued') return false
      giveBack(send)
      if (send.n === 1) records.delete(send.scene)
      return Object.assign(found, { status: 'failed' }) === found
    },
    claim(
      send: Send,
      gateway: string,
      fence: number,
      leaseSeconds: number,
      how: { risk: boolean; channel: Channel },
    ) {
      const found = held(send.scene)
      if (found?.rid !== send.rid) return { kind: 'gone', why: 'no_record' }
      if (found.n !== send.n) return { kind: 'gone', why: 'replaced' }
      if (!open(send)) return { kind: 'done', why: found.status }
      if ((found.channel === 'email') !== (how.channel === 'email')) return { kind: 'gone', why: 'moved' }
      if (found.used) return ((found.status = 'sent'), { kind: 'gone', why: 'used' })
      const others = found.status === 'sending' && found.fence !== fence
      if (others && found.lease > now) return { kind: 'busy', ms: (found.lease - now) * 1000 }
      const late = Math.min(found.exp, found.sendBy) <= now
      const { code, exp, extra, doubt: known } = found
      const doubt = others ? found.gateway : known
      const left = found.left || (known !== '' && doubt !== known)
      if (late && how.channel === 'email' && found.reason === 'missing') {
        Object.assign(found, { status: 'sent', channel: 'sms' })
        return { kind: 'done', why: 'sent' }
      }
      if (late && doubt === '' && !left) giveBack(send)
      if (late) return ((found.status = 'failed'), { kind: 'gone', why: 'late' })
      const blamed = found.status === 'queued' || others ? doubt || gateway : gateway
      const mine = { status: 'sending', fence: found.fence + 1, lease: now + leaseSeconds, doubt }
      Object.assign(found, mine, { extra: how.risk ? 1 : extra, gateway: blamed, left })
      if (how.channel === 'email') found.mailed ||= 2
      return { kind: 'go', code, fence: mine.fence, lifeMs: (exp - now) * 1000, doubt, extra }
    },
    settle(send: Send, fence: number | '*', what: Partial<Held>) {
      const found = open(send)
      if (!found || (fence !== '*' && fence !== found.fence)) return false
      if (fence === '*' && (found.channel === 'email') !== (what.channel === 'email')) return false
      const cut = fence === '*' && found.status === 'sending'
      const certain = !found.doubt && !what.doubt && !cut && !found.left
      const moved = {
        status: 'queued',
        channel: 'email',
        gateway: '',
        doubt: '',
        extra: 0,
        left: !certain,
        lease: 0,
      }
      if (what.status === 'moved') return Object.assign(found, moved) === found
      const mayBeRead = what.status === 'fell_back' || what.doubt !== '' || fence === '*'
      if (found.channel === 'email' && found.mailed === 2) found.mailed = mayBeRead ? 1 : 0
      if (what.status === 'failed' && found.channel === 'email' && found.reason === 'missing') {
        Object.assign(found, { status: 'sent', channel: 'sms', doubt: '', lease: 0 })
        return false
      }
      if (what.status === 'failed' && certain) giveBack(send)
      const left = found.left || (found.doubt !== '' && what.doubt !== '' && what.doubt !== found.doubt)
      const { reason } = found
      return Object.assign(found, what, { lease: 0, left, reason }) === found
    },
    report(send: Send, state: DeliveryState, mayFallBack: boolean) {
      const found = held(send.scene)
      if (found?.rid !== send.rid || found.n !== send.n) return { kind: 'kept' }
      const unsettled = open(send) !== undefined
      if (state === 'delivered') {
        if (!unsettled && !/^(sent|failed)$/.test(found.status)) return { kind: 'kept' }
        return Object.assign(
          { kind: 'delivered' },
          void Object.assign(found, { status: 'delivered', channel: 'sms' }),
        )
      }
      if (unsettled) return { kind: found.channel === 'email' ? 'moved' : 'early' }
      if (found.status !== 'sent' || found.used) return { kind: 'kept' }
      const moved = {
        status: 'queued',
        channel: 'email',
        gateway: '',
        doubt: '',
        extra: 0,
        left: true,
        reason: state,
        lease: 0,
      }
      const inTime = Math.min(found.exp, found.sendBy) > now
      if (mayFallBack && inTime) return Object.assign({ kind: 'moved' }, void Object.assign(found, moved))
      if (state === 'missing') return { kind: 'kept' }
      return Object.assign({ kind: 'failed' }, void Object.assign(found, { status: 'failed' }))
    },
  }
}
export type Model = ReturnType<typeof createModel>
