import { describe, expect, it } from 'vitest'
import { HELP, PARTS, readOptions } from '@sms-codes/bench/options'

describe('the options of the benchmark', () => {
  it('run every part by default', () => {
    expect(readOptions([])).toMatchObject({
      only: PARTS,
      json: false,
      markdown: false,
      chart: null,
      profile: null,
    })
  })

  it('choose parts in the order of the run', () => {
    expect(readOptions(['--only', 'worker,send']).only).toEqual(['send', 'worker'])
  })

  it.each([
    [['--only', 'send,sand'], '--only: "sand" is not in'],
    [['--only', ''], '--only: "" is not in'],
    [['--rounds', '0'], '--rounds: must be a whole number'],
    [['--rounds', '1.5'], '--rounds: must be a whole number'],
    [['--seconds', '0.1'], '--seconds: must be a number'],
    [['--seconds', 'two'], '--seconds: must be a number'],
    [['--json', '--markdown'], '--json and --markdown: choose one'],
    [['--chart', ''], '--chart: the name of a file is missing'],
    [['--profile', ''], '--profile: the name of a directory is missing'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuse %j', (args, fault) => {
    expect(() => readOptions(args)).toThrow(fault)
  })

  it('are all in the help, with every part', () => {
    const names = ['only', 'rounds', 'seconds', 'json', 'markdown', 'chart', 'profile', 'write-docs', 'help']
    for (const name of names) expect(HELP).toContain(`--${name}`)
    for (const part of PARTS) expect(HELP).toContain(part)
  })
})
