import { isUnique } from './decoders.ts'
import { throwFaults } from '../throw-faults.ts'
import { parseWindows, type Window } from '../limits/windows.ts'

/** A scene and its own settings. The general variables give each value that the scene does not set. */
export type Scene = {
  name: string
  ttlSeconds?: number
  sendWithinSeconds?: number
  length?: number
  sends?: readonly Window[]
  /** Whether a code may go by e-mail if the SMS gateways could not deliver it. */
  mayFallBack?: boolean
  /** The code also goes by e-mail if no delivery receipt arrives in this time after the SMS was sent. */
  receiptWithinSeconds?: number
}

const SETTINGS = new Map<string, (value: string) => Omit<Scene, 'name'>>([
  ['ttl', (value) => ({ ttlSeconds: numberFrom(60, 600, value) })],
  ['within', (value) => ({ sendWithinSeconds: numberFrom(0, 999, value) })],
  ['length', (value) => ({ length: numberFrom(6, 10, value) })],
  ['sends', (value) => ({ sends: parseWindows(value) })],
  ['fallback', (value) => ({ mayFallBack: isYes(value) })],
  ['receipt_within', (value) => ({ receiptWithinSeconds: numberFrom(1, 999, value) })],
])

/** Parses scenes, as in `default; login ttl=120 within=60`. @throws Error with one fault a line */
export function parseScenes(text: string): Scene[] {
  const faults: string[] = []
  const scenes = text.split(';').map((part, i): Scene => {
    const [name = '', ...settings] = part.trim().split(/\s+/)
    let scene: Scene = { name }
    // An invalid name may be a secret in the wrong variable, so the fault does not repeat it.
    const isName = /^[a-z][a-z0-9_]{0,31}$/.test(name)
    const shown = isName ? `scene "${name}"` : `scene ${i + 1}`
    if (!isName) faults.push(`${shown}: a name is a lower-case letter and up to 31 more letters, digits or _`)
    const names = settings.map((setting) => setting.slice(0, setting.indexOf('=')))
    if (!isUnique(names)) faults.push(`${shown}: has a setting twice`)
    for (const setting of settings) {
      const [, key = '', value = ''] = /^([a-z_]+)=(.+)$/.exec(setting) ?? []
      if (!SETTINGS.has(key)) faults.push(`${shown}: the settings are ${[...SETTINGS.keys()].join('=, ')}=`)
      try {
        scene = { ...scene, ...SETTINGS.get(key)?.(value) }
      } catch (err) {
        faults.push(`${shown}: ${key}= ${err instanceof Error ? err.message : 'cannot be read'}`)
      }
    }
    if (scene.receiptWithinSeconds !== undefined && scene.mayFallBack !== true)
      faults.push(`${shown}: receipt_within= needs fallback=yes`)
    return scene
  })
  const sceneNames = scenes.map(({ name }) => name)
  if (!sceneNames.includes('default'))
    faults.push('must have the scene "default", which is used for a request that names no scene')
  if (!isUnique(sceneNames)) faults.push('has a scene twice')
  throwFaults(faults)
  return scenes
}

function numberFrom(minimum: number, maximum: number, text: string): number {
  const number = /^[0-9]{1,3}$/.test(text) ? Number(text) : NaN
  if (number >= minimum && number <= maximum) return number
  throw new Error(`must be a whole number from ${minimum} to ${maximum}`)
}

function isYes(text: string): boolean {
  if (text !== 'yes' && text !== 'no') throw new Error('must be yes or no')
  return text === 'yes'
}

/** What the scenes allow on the e-mail channel. */
export function fallbackRules(scenes: readonly Scene[]) {
  const byName = new Map(scenes.map((scene) => [scene.name, scene]))
  return {
    mayFallBack: (scene: string) => byName.get(scene)?.mayFallBack === true,
    /** Milliseconds to wait for a delivery receipt; null if the scene does not wait for receipts. */
    receiptWithinMs: (scene: string) => {
      const seconds = byName.get(scene)?.receiptWithinSeconds
      return seconds === undefined ? null : seconds * 1000
    },
  }
}
export type FallbackRules = ReturnType<typeof fallbackRules>
