import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'
import { aptInstall } from '@sms-codes/launcher/apt'

const CHROMIUM = '/usr/bin/chromium'

/**
 * Opens Debian's Chromium, which is installed if it is missing. It makes no requests of its own.
 * @param switches further command line switches
 */
export async function openBrowser(switches: readonly string[] = []): Promise<BrowserContext> {
  if (!existsSync(CHROMIUM)) await aptInstall(['chromium', 'fonts-noto-cjk'], console.log)
  return chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'sms-codes-browser-')), {
    executablePath: CHROMIUM,
    // The first start reads the whole program from the disk, and several browsers start at the same time.
    timeout: 120_000,
    viewport: { width: 1280, height: 800 },
    locale: 'zh-CN',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...switches,
    ],
  })
}
