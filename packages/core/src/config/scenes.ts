import { WINDOWS_PATTERN, parseWindows, type Window } from '../limits/windows.ts'

/** What a scene may set for itself; what it leaves out it has from the general variables. */
export type Scene = {
  name: string
  ttlSeconds?: number
  sendWithinSeconds?: number
  length?: number
  sends?: readonly Window[]
  /** Whether a code may go by e-mail where SMS gateways could not; not unless it says so. */
  mayFallBack?: boolean
  /** Without a delivery receipt in this time the code also goes by e-mail. */
  receiptWithinSeconds?: number
}

const NAME = /^[a-z][a-z0-9_]{0,31}$/
const NUMBER = /^[0-9]{1,3}$/
const WINDOWS = new RegExp(WINDOWS_PATTERN)

/**
 * `default; login ttl=120 within=60; payment length=8 sends=1/60,2/180,3/480` in the environment: scenes
 * by semicolon, each a name and its settings.
 * @returns the scenes, or the faults, each a line that begins with the variable's name
 */
export function parseScenes(text: string): { scenes: Scene[]; faults: string[] } {
  const faults: string[] = []
  const scenes = text.split(';').map((part): Scene => {
    const [name = '', ...settings] = part.trim().split(/\s+/)
    const scene: Scene = { name }
    if (!NAME.test(name)) faults.push('SCENES: a name must be of small letters, digits and _, at most 32')
    for (const setting of settings) {
      const at = setting.indexOf('=')
      const [key, value] = [setting.slice(0, at), setting.slice(at + 1)]
      if (key === 'ttl' && NUMBER.test(value)) scene.ttlSeconds = Number(value)
      else if (key === 'within' && NUMBER.test(value)) scene.sendWithinSeconds = Number(value)
      else if (key === 'length' && NUMBER.test(value)) scene.length = Number(value)
      else if (key === 'receipt_within' && NUMBER.test(value)) scene.receiptWithinSeconds = Number(value)
      else if (key === 'sends' && WINDOWS.test(value)) scene.sends = parseWindows(value)
      else if (key === 'fallback' && /^(yes|no)$/.test(value)) scene.mayFallBack = value === 'yes'
      else
        faults.push(
          'SCENES: a setting must be ttl=, within=, length= or receipt_within= with a number, sends= with windows, or fallback=yes',
        )
    }
    return scene
  })
  if (scenes.some(({ receiptWithinSeconds = 1 }) => receiptWithinSeconds === 0))
    faults.push('SCENES: receipt_within must be 1 at least')
  if (scenes.some((scene) => scene.receiptWithinSeconds !== undefined && scene.mayFallBack !== true))
    faults.push('SCENES: receipt_within is for scenes with fallback=yes')
  const names = scenes.map(({ name }) => name)
  if (!names.includes('default'))
    faults.push('SCENES: must have "default", which a request without a scene means')
  if (new Set(names).size < names.length) faults.push('SCENES: a scene stands twice')
  return { scenes, faults: [...new Set(faults)] }
}

/** What scenes allow beside their codes' lives and limits; the rest of a scene is the API's. */
export function fallbackRules(scenes: readonly Scene[]) {
  const rules = new Map(scenes.map((scene) => [scene.name, scene]))
  return {
    mayFallBack: (scene: string) => rules.get(scene)?.mayFallBack === true,
    /** Milliseconds that a receipt may take, null where none is waited for. */
    receiptWithinMs: (scene: string) => {
      const seconds = rules.get(scene)?.receiptWithinSeconds
      return seconds === undefined ? null : seconds * 1000
    },
  }
}
export type FallbackRules = ReturnType<typeof fallbackRules>
