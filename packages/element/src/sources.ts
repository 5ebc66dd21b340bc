// Where an element sends: one client for each API and scene that its attributes have named.
import { createSmsCodes, type SmsCodes } from '@sms-codes/client'
import type { Language } from './language.ts'

/** The folder of the script, where the API serves the element. A bundler would take `new URL` for the address of a file. */
const OWN_FOLDER = import.meta.url.replace(/[^/]*$/, '')

/** Where a form sends. `id` is the same for all elements of the page that share what survives a reload. */
export type Source = { client: SmsCodes; baseUrl: string; scene: string; id: string }

export function createSources(host: HTMLElement, language: () => Language) {
  const clients = new Map<string, SmsCodes>()

  /** Returns what the attributes name now. A scene that comes back has its client back. */
  return (): Source => {
    const baseUrl = host.getAttribute('base-url') ?? OWN_FOLDER
    const scene = host.getAttribute('scene') ?? 'default'
    // Two elements of one scene each remember their own send if the page names them differently.
    const name = host.id || (host.getAttribute('name') ?? '')
    const id = JSON.stringify([baseUrl, scene, name])
    const locale = () => host.getAttribute('locale') ?? undefined
    const client = clients.get(id) ?? createSmsCodes({ baseUrl, scene, name, locale, language })
    clients.set(id, client)
    return { client, baseUrl, scene, id }
  }
}
