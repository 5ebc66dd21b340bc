import { expect, test } from 'vitest'
import { aptInstall } from '../src/apt.ts'

test('a system without apt-get is told which packages are needed, and no command that it lacks', async () => {
  const installing = aptInstall(['chromium', 'fonts-noto-cjk'], () => {}, { PATH: import.meta.dirname })
  await expect(installing).rejects.toThrow(
    'This needs chromium and fonts-noto-cjk of Debian or Ubuntu, but there is no apt-get',
  )
})
