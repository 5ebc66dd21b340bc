import { WINDOWS_PATTERN, parseWindows, type Window } from './windows.ts'

/** What a scene may set for itself; what it leaves out it has from the general variables. */
export type Scene = {
  name: string
  ttlSeconds?: number
  sendWithinSeconds?: number
  length?: number
  sends?: readonly Window[]
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
      else if (key === 'sends' && WINDOWS.test(value)) scene.sends = parseWindows(value)
      else
        faults.push(
          'SCENES: a setting must be ttl=, within= or length= with a number, or sends= with windows',
        )
    }
    return scene
  })
  const names = scenes.map(({ name }) => name)
  if (!names.includes('default'))
    faults.push('SCENES: must have "default", which a request without a scene means')
  if (new Set(names).size < names.length) faults.push('SCENES: a scene stands twice')
  return { scenes, faults: [...new Set(faults)] }
}
