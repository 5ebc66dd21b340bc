import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, waitForHttp, type Process } from '@sms-codes/launcher/processes'
import { openBrowser } from './browser.ts'
import { NO_LIMITS } from './element-system.ts'
import { ROOT, startSystem } from './system.ts'

/** The addresses of the API and of the site in examples and documents. */
export const API = 'http://127.0.0.1:3000'
export const SITE = 'http://127.0.0.1:4000'

type Commands = { name: string; commands: string; env?: NodeJS.ProcessEnv; cwd?: string }

/**
 * Starts the service, and a browser for sites that sign users up. The files of a site name the usual ports. The browser
 * maps these to the ports of this test, so it loads the files as they are.
 */
export async function startForSites() {
  const port = await freePort()
  const system = await startSystem({
    // Huawei sends two messages to one number at once. The other vendors have limits.
    env: { CORS_ORIGINS: SITE, SMS_GATEWAYS: 'huawei' },
    policy: {
      scenes: { default: {}, register: { sends: [] } },
      // All pages have one address, so its limits and the step-up would refuse a fast machine.
      limits: { address: NO_LIMITS },
      step_up: { enabled: false },
    },
  })
  const apiUrl = system.apis[0]?.url ?? ''
  const siteUrl = `http://127.0.0.1:${port}`
  const rules = [
    `MAP ${new URL(API).host} ${new URL(apiUrl).host}`,
    `MAP ${new URL(SITE).host} 127.0.0.1:${port}`,
  ]
  const browser = await openBrowser([`--host-resolver-rules=${rules.join(', ')}`])
  let site: Process | null = null

  return {
    system,
    browser,
    apiUrl,
    siteUrl,

    /** Runs the commands that start a site, until the next call of `stopSite`. */
    async startSite({ name, commands, env = {}, cwd = ROOT }: Commands): Promise<void> {
      site = await startProcess({
        name,
        command: 'bash',
        args: ['-ec', commands.replaceAll('4000', String(port))],
        cwd,
        detached: true,
        env: {
          // Debian's python3 comes first, because it finds Debian's Django.
          PATH: `/usr/bin:${process.env['PATH'] ?? ''}`,
          HOME: process.env['HOME'],
          SMS_CODES_URL: apiUrl,
          SMS_CODES_KEY: system.env['API_KEYS']?.split(':')[1],
          PORT: String(port),
          ...env,
        },
      })
      await waitForHttp(`${siteUrl}/`, 60_000)
    },

    async stopSite(): Promise<void> {
      await site?.stop()
      site = null
    },

    async stop(): Promise<void> {
      await browser.close()
      await system.stop()
    },
  }
}
