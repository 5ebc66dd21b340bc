import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { APPS, NODE_FLAGS } from '@sms-codes/launcher/apps'

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8')
const flags = NODE_FLAGS.join(' ')

test.each(APPS)(
  'the image, the npm script and the unit of systemd start the %s with the same flags of Node',
  (app) => {
    const words = ['node', ...NODE_FLAGS, `apps/${app}/dist/main.js`].map((word) => `"${word}"`).join(', ')
    expect(read('Dockerfile').split('\n')).toContain(`CMD [${words}]`)
    expect(read('package.json')).toContain(`"exec node ${flags} packages/launcher/dist/run-app.js ${app}"`)
    expect(read('docs/operations.md')).toContain(
      `ExecStart=/usr/bin/node ${flags} /opt/sms-codes/apps/%i/dist/main.js`,
    )
  },
)
