import { describe, expect, it } from 'vitest'
import { parseScenes } from '../../src/config/scenes.ts'

function faultsOf(text: string): string[] {
  try {
    parseScenes(text)
    return []
  } catch (err) {
    return err instanceof Error ? err.message.split('\n') : []
  }
}

describe('SCENES', () => {
  it('decodes every setting of a scene', () => {
    const text = 'default;pay ttl=120 within=60 length=8 sends=1/60,2/180 fallback=yes receipt_within=9'
    expect(parseScenes(text)).toEqual([
      { name: 'default' },
      {
        name: 'pay',
        ttlSeconds: 120,
        sendWithinSeconds: 60,
        length: 8,
        sends: [
          { most: 1, seconds: 60 },
          { most: 2, seconds: 180 },
        ],
        mayFallBack: true,
        receiptWithinSeconds: 9,
      },
    ])
  })

  it('reports every fault with the name of its scene', () => {
    expect(faultsOf('default ttl=59; login length=4 fallback=maybe; pay receipt_within=9')).toEqual([
      'scene "default": ttl= must be a whole number from 60 to 600',
      'scene "login": length= must be a whole number from 6 to 10',
      'scene "login": fallback= must be yes or no',
      'scene "pay": receipt_within= needs fallback=yes',
    ])
  })

  it('does not repeat an invalid name, because it may be a secret in the wrong variable', () => {
    const faults = faultsOf('default; Hunter2Hunter2')
    expect(faults).toEqual([expect.stringMatching(/^scene 2: a name is /)])
  })

  it.each(['colour=red', 'constructor=5', 'sends=', 'ttl', '=5'])('refuses the setting %s', (setting) => {
    expect(faultsOf(`default ${setting}`)).toEqual([
      'scene "default": the settings are ttl=, within=, length=, sends=, fallback=, receipt_within=',
    ])
  })
})
