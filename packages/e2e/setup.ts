// Runs once before any test file: installs Redis where that is possible, so that files can start
// servers side by side without each trying to.
import { ensureRedisBinary } from '@sms-codes/launcher/redis'

export default async function setup(): Promise<void> {
  await ensureRedisBinary({ say: console.log })
}
