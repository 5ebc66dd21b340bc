import { describe, expect, it } from 'vitest'
import { alertRules } from '../test/monitoring.ts'
import { ALERT_DRILLS } from './alert-drills.ts'
import { alertReport } from './alert-report.ts'
import { DRILLS } from './drills.ts'
import { readOptions } from './options.ts'
import { isFaulty, judgeAlerts, nameOf, raisedIn, type Raised } from './watch-alerts.ts'

const range = (alert: string, state: string, at: number[], more: Record<string, string> = {}) => ({
  labels: { __name__: 'ALERTS', alertname: alert, alertstate: state, severity: 'critical', ...more },
  at: at.map((second) => second * 1_000),
})

const one = (alert: string, more: Partial<Raised> = {}): Raised => ({
  alert,
  severity: 'critical',
  labels: '',
  pendingAt: null,
  firingAt: 30,
  firedUntil: 60,
  isFiring: false,
  ...more,
})

describe('the alerts of a drill', () => {
  it('are those that fired, with the seconds from the moment in which something broke', () => {
    const ranges = [
      range('A', 'pending', [105, 110], { gateway: 'ccp' }),
      range('A', 'firing', [115, 120, 125], { gateway: 'ccp' }),
      range('A', 'pending', [101], { gateway: 'aliyun' }),
      range('B', 'pending', [100]),
      range('C', 'firing', [110, 200]),
    ]
    const common = { severity: 'critical' }
    expect(raisedIn(ranges, 100_000, 205_000)).toEqual([
      { ...common, alert: 'C', labels: '', pendingAt: null, firingAt: 10, firedUntil: 100, isFiring: true },
      {
        ...common,
        alert: 'A',
        labels: 'gateway=ccp',
        pendingAt: 5,
        firingAt: 15,
        firedUntil: 25,
        isFiring: false,
      },
    ])
  })

  it('after an alert that ended, a new pending state does not count as the one before the first', () => {
    const firing = range('A', 'firing', [110])
    const pendingAt = (at: number[]) =>
      raisedIn([range('A', 'pending', at), firing], 100_000, 200_000).map((each) => each.pendingAt)
    expect(pendingAt([105, 140])).toEqual([5])
    expect(pendingAt([140])).toEqual([null])
  })
})

describe('the verdict on alerts', () => {
  function faults(raised: Raised[], fire: string[], isMended = true): string[] {
    const judged = judgeAlerts(raised, { fire, isMended })
    const found = [
      ...judged.missing.map((name) => `missing: ${name}`),
      ...judged.raised.flatMap((each) => (each.fault === null ? [] : [`${nameOf(each)} ${each.fault}`])),
    ]
    expect(isFaulty(judged)).toBe(found.length > 0)
    return found
  }

  it('is good if exactly the expected alerts fired and ended', () => {
    expect(faults([one('A')], ['A'])).toEqual([])
    expect(faults([], [])).toEqual([])
    expect(faults([one('A', { isFiring: true })], ['A'], false)).toEqual([])
  })

  it.each([
    ['an expected alert that did not fire', [one('A')], ['A', 'B'], ['missing: B']],
    [
      'an alert that fired for one of two gateways',
      [one('A', { labels: 'gateway=a' })],
      ['A gateway=a', 'A gateway=b'],
      ['missing: A gateway=b'],
    ],
    ['an alert that was not expected', [one('A'), one('C')], ['A'], ['C fired']],
    [
      'an alert for another gateway',
      [one('A', { labels: 'gateway=b' })],
      ['A gateway=a'],
      ['missing: A gateway=a', 'A gateway=b fired'],
    ],
    [
      'an alert before the fault',
      [one('A', { firingAt: -3 })],
      ['A'],
      ['A fired before anything was broken'],
    ],
    ['an alert that does not end', [one('A', { isFiring: true })], ['A'], ['A still fires at the end']],
  ])('is bad for %s', (_what, raised, fire, expected) => {
    expect(faults(raised, fire)).toEqual(expected)
  })
})

describe('the report of alerts', () => {
  it('has a row for each alert, and names the missing and the false ones', () => {
    const alerts = judgeAlerts([one('A', { pendingAt: 5 }), one('C', { isFiring: true })], {
      fire: ['A', 'B'],
      isMended: true,
    })
    const lines = alertReport([
      { name: 'some-drill', alerts },
      { name: 'other', alerts: null },
    ])
    expect(lines.map((line) => line.trim().split(/ {2,}/).join(' | '))).toEqual([
      '',
      'drill | alert | severity | pending s | firing s | until s | verdict',
      'some-drill | A | critical | 5 | 30 | 60 | expected',
      'some-drill | C | critical | - | 30 | end | FALSE',
      'some-drill | B | MISSING',
      '',
      expect.stringContaining('Seconds from the fault'),
      'some-drill: B is missing',
      'some-drill: C is false, because it fired',
    ])
    expect(alertReport([{ name: 'other', alerts: null }])).toEqual([])
  })
})

describe('the drills of the alerts', () => {
  it('are chosen by --alerts, with few users a second', () => {
    expect(readOptions(['--alerts'], DRILLS, ALERT_DRILLS)).toMatchObject({ rate: 6, chosen: ALERT_DRILLS })
    expect(readOptions(['--alerts', 'paused'], DRILLS, ALERT_DRILLS).chosen).toHaveLength(1)
    expect(readOptions([], DRILLS, ALERT_DRILLS)).toMatchObject({ rate: 20, chosen: DRILLS })
  })

  it('expect alerts that are rules', () => {
    const rules = alertRules().map(({ alert }) => alert)
    const expected = ALERT_DRILLS.flatMap(({ alerts }) => alerts?.fire ?? []).map(
      (name) => name.split(' ')[0],
    )
    expect(expected.length).toBeGreaterThan(6)
    expect(expected.filter((name) => !rules.includes(name ?? ''))).toEqual([])
  })
})
